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

// co-wechat is written for Koa, where this is app.use(weixin).
app.all("/wx/callback", async (request, response) => {
  const context = { method: request.method, query: request.query, req: request, request: {} };
  await weixin(context);
  response.status(context.status ?? 200).type(context.type ?? "text/plain").send(context.body);
});

app.listen(process.env.PORT ?? 8080);
