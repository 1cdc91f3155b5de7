const { createServer } = require("node:http");
const express = require("express");
const wechat = require("co-wechat");

const config = {
  appid: process.env.WX_APPID,
  token: process.env.WX_TOKEN,
  encodingAESKey: process.env.WX_AES_KEY,
};

const weixin = wechat(config).middleware(async (message) => {
  if (message.MsgType === "text") return `你说：${message.Content}`;
  if (message.Event === "subscribe") return "欢迎关注！";
  return "";
});

const app = express();

app.use("/wx/callback", (request, response, next) => {
  const { timestamp, encrypt_type, msg_signature } = request.query;
  const once = Object.values(request.query).every((value) => typeof value === "string");
  const fresh = Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300;
  const encrypted = encrypt_type === "aes" && msg_signature;
  const right = once && fresh && (request.method === "GET" || encrypted || !config.encodingAESKey);
  right ? next() : response.sendStatus(403);
});

// co-wechat is written for Koa, where this is app.use(weixin).
app.all("/wx/callback", async (request, response) => {
  const context = { method: request.method, query: request.query, req: request, request: {} };
  await weixin(context);
  response.status(context.status ?? 200).type(context.type ?? "text/plain").send(context.body);
});

const limits = { requestTimeout: 5000, headersTimeout: 5000, connectionsCheckingInterval: 1000 };
createServer(limits, app).listen(process.env.PORT ?? 8080);
