"use strict";
// Plays WeChat's side with @wecom/crypto and wechat-crypto against the examples, on both frameworks. Run by
// `tests/peer/run`.

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const http = require("node:http");
const path = require("node:path");
const { randomBytes, randomInt } = require("node:crypto");
const readline = require("node:readline");
const { envelope, open, seal, sign } = require("./wechat");

const EXAMPLES = process.argv[2];
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const TEXTS = ["你好", "👩‍👩‍👧‍👦 😀", "a ]]> b", "x".repeat(2000)];
const USER = "oGZUI0egBJY1zhBYw2KhdUfwVJJE";

const now = () => Math.floor(Date.now() / 1000);
const nonce = () => String(randomInt(2 ** 31));

/** An account as its console has it, with new secrets. */
function account(kind) {
  const key = Array.from({ length: 43 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  const prefix = kind === "wecom" ? "ww" : "wx";
  const format = kind === "wecom" ? "xml" : "json";
  // What is sealed for a company's own bot is for nobody.
  const id = kind === "aibot" ? "" : prefix + randomBytes(8).toString("hex");
  return { kind, format, id, token: randomBytes(16).toString("hex"), key };
}

function environment({ kind, id, token, key, format }) {
  if (kind === "aibot") return { AIBOT_TOKEN: token, AIBOT_ENCODING_AES_KEY: key, LISTEN: "127.0.0.1:0", RUST_LOG: "error" };
  const own = kind === "wecom" ? { WECHAT_CORP_ID: id } : { WECHAT_APP_ID: id, WECHAT_FORMAT: format, WECHAT_MODE: "safe" };
  return { ...own, WECHAT_TOKEN: token, WECHAT_ENCODING_AES_KEY: key, LISTEN: "127.0.0.1:0", RUST_LOG: "error" };
}

/** A running example. */
class Server {
  static async start(example, framework, account) {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(WECHAT|AIBOT)_/.test(name));
    const env = { ...Object.fromEntries(inherited), ...environment(account) };
    const child = spawn(path.join(EXAMPLES, example), ["--framework", framework], { env, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(readline.createInterface(child.stdout), "line");
    return Object.assign(new Server(), { child, url: line.replace("listening on ", "") });
  }

  /** The status, the type and the body of the answer. */
  send(method, query, body = "") {
    return new Promise((resolve, reject) => {
      const url = `${this.url}?${new URLSearchParams(query)}`;
      const request = http.request(url, { method, agent: false, timeout: 10_000, headers: { "Content-Length": Buffer.byteLength(body) } });
      request.on("error", reject).on("timeout", () => request.destroy(new Error("no answer")));
      request.on("response", async (response) => {
        const chunks = await response.toArray();
        resolve({ status: response.statusCode, type: response.headers["content-type"], body: Buffer.concat(chunks).toString() });
      });
      request.end(body);
    });
  }

  /** A refusal is a status and nothing else. */
  async refuses(method, query, body, status = 403) {
    const answer = await this.send(method, query, body);
    assert.deepEqual([answer.status, answer.body], [status, ""]);
  }

  /** The code that the example ends with after SIGTERM. */
  async terminate() {
    const ended = once(this.child, "exit");
    this.child.kill("SIGTERM");
    const [code] = await ended;
    return code;
  }
}

const altered = (encrypted) => encrypted.slice(0, 40) + (encrypted[40] === "A" ? "B" : "A") + encrypted.slice(41);
const element = (name, value) => `<${name}><![CDATA[${value.replaceAll("]]>", "]]]]><![CDATA[>")}]]></${name}>`;

function message(account, kind, fields) {
  if (account.kind === "aibot") {
    const head = { msgid: randomBytes(8).toString("hex"), aibotid: "AIBOTID", chattype: "single", from: { userid: "王五" } };
    return JSON.stringify({ ...head, msgtype: kind, ...fields });
  }
  if (account.format === "json") {
    return JSON.stringify({ ToUserName: "gh_a1b2c3d4e5f6", FromUserName: USER, CreateTime: now(), MsgType: kind, ...fields });
  }
  const elements = Object.entries(fields).map(([name, value]) => element(name, String(value)));
  const head = element("ToUserName", account.id) + element("FromUserName", "王五");
  return `<xml>${head}<CreateTime>${now()}</CreateTime>${element("MsgType", kind)}${elements.join("")}<AgentID>218</AgentID></xml>`;
}

function text(account, content) {
  return message(account, "text", account.kind === "aibot" ? { text: { content } } : { Content: content, MsgId: randomInt(2 ** 47) });
}

function push(account, plain, receiveId) {
  const { query, encrypted } = seal(account, plain, now(), nonce(), { receiveId });
  return [query, envelope(account, encrypted)];
}

/** The XML of a sealed reply's element. No text of ours has an entity in it. */
function child(xml, name) {
  const [, cdata, plain] = new RegExp(`<${name}>(?:<!\\[CDATA\\[(.*?)\\]\\]>|([^<]*))</${name}>`, "s").exec(xml);
  return cdata ?? plain;
}

/** The message in the body of an answer, after WeChat's checks. */
function read(account, body) {
  if (account.format === "xml") {
    const [encrypted, signature, timestamp, nonce] = ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"].map((name) => child(body, name));
    return open(account, { encrypted, signature, timestamp, nonce });
  }
  const reply = JSON.parse(body);
  if (account.kind === "aibot") {
    assert.deepEqual(Object.keys(reply).sort(), ["encrypt", "msgsignature", "nonce", "timestamp"]);
    assert.equal(typeof reply.timestamp, "number");
    return open(account, { encrypted: reply.encrypt, signature: reply.msgsignature, timestamp: String(reply.timestamp), nonce: reply.nonce });
  }
  assert.deepEqual(Object.keys(reply).sort(), ["Encrypt", "MsgSignature", "Nonce", "TimeStamp"]);
  assert.equal(typeof reply.TimeStamp, "number");
  assert.equal(typeof reply.Nonce, "string");
  return open(account, { encrypted: reply.Encrypt, signature: reply.MsgSignature, timestamp: String(reply.TimeStamp), nonce: reply.Nonce });
}

/** What is asked of WeCom alone. */
async function* wecom(server, account) {
  const verification = (echo, receiveId) => {
    const { query, encrypted } = seal(account, echo, now(), nonce(), { receiveId });
    return { ...query, echostr: encrypted };
  };

  yield ["verification", async () => {
    for (const echo of ["1616140317555161061", "a+b/c= d", "x".repeat(100)]) {
      const answer = await server.send("GET", verification(echo));
      assert.deepEqual(answer, { status: 200, type: "text/plain; charset=utf-8", body: echo });
    }
  }];

  yield ["refused verifications", async () => {
    const good = verification("1616140317555161061");
    await server.refuses("GET", { ...good, msg_signature: "0".repeat(40) });
    await server.refuses("GET", { ...good, echostr: altered(good.echostr) });
    await server.refuses("GET", verification("1", `${account.id}0`));
    await server.refuses("GET", verification("1", ""));
  }];

  yield ["texts", async () => {
    for (const content of TEXTS) {
      const answer = await server.send("POST", ...push(account, text(account, content)));
      assert.equal(answer.status, 200);
      const reply = read(account, answer.body);
      assert.deepEqual([child(reply, "ToUserName"), child(reply, "FromUserName"), child(reply, "MsgType")], ["王五", account.id, "text"]);
      // The end of CDATA is split, and `>` may be an entity for WeChat's client.
      const seen = reply.slice(reply.indexOf("<Content>") + 9, reply.indexOf("</Content>")).replaceAll("]]><![CDATA[", "");
      assert.equal(seen.replace(/^<!\[CDATA\[|\]\]>$/g, "").replaceAll("&gt;", ">"), content);
    }
  }];

  yield ["an event", async () => {
    const card = message(account, "event", { Event: "template_card_event", EventKey: "key1", TaskId: "t1", CardType: "text_notice", ResponseCode: "c" });
    const answer = await server.send("POST", ...push(account, card));
    assert.equal(answer.status, 200);
    assert.match(answer.body, /^(success)?$/);
  }];
}

/** What is asked of mini-programs alone. */
async function* miniProgram(server, account) {
  yield ["verification", async () => {
    const [timestamp, value] = [String(now()), nonce()];
    const query = { timestamp, nonce: value, echostr: "4375120948345356249", signature: sign(account.token, timestamp, value) };
    const answer = await server.send("GET", query);
    assert.deepEqual(answer, { status: 200, type: "text/plain; charset=utf-8", body: "4375120948345356249" });
    await server.refuses("GET", { ...query, nonce: "1" });
  }];

  yield ["texts", async () => {
    for (const content of [...TEXTS, 'a/b\\"\n\u2028']) {
      const answer = await server.send("POST", ...push(account, text(account, content)));
      assert.equal(answer.status, 200);
      const { CreateTime, ...reply } = JSON.parse(read(account, answer.body));
      assert.deepEqual(reply, { ToUserName: USER, FromUserName: "gh_a1b2c3d4e5f6", MsgType: "transfer_customer_service" });
      assert.ok(Number.isInteger(CreateTime) && Math.abs(CreateTime - now()) < 60, CreateTime);
    }
  }];

  yield ["events", async () => {
    const lists = { Event: "subscribe_msg_change_event", List: [{ TemplateId: "t", SubscribeStatusString: "reject" }] };
    for (const fields of [{ Event: "user_enter_tempsession", SessionFrom: "" }, lists, { ...lists, List: lists.List[0] }]) {
      const answer = await server.send("POST", ...push(account, message(account, "event", fields)));
      assert.equal(answer.status, 200);
      assert.match(answer.body, /^(success)?$/);
    }
  }];

  yield ["what is no JSON", async () => {
    for (const wrong of ["", "[]", "{}}", '{"MsgType":"text","MsgType":"event"}', '{"MsgType":"text"', "<xml></xml>"]) {
      await server.refuses("POST", ...push(account, wrong));
    }
  }];
}

/** What is asked of AI bots alone. */
async function* bot(server, account) {
  yield ["verification", async () => {
    const verification = (receiveId) => {
      const { query, encrypted } = seal(account, "1616140317555161061", now(), nonce(), { receiveId });
      return { ...query, echostr: encrypted };
    };
    const answer = await server.send("GET", verification());
    assert.deepEqual(answer, { status: 200, type: "text/plain; charset=utf-8", body: "1616140317555161061" });
    await server.refuses("GET", verification("ww0123456789abcdef"));
  }];

  yield ["texts", async () => {
    const ids = new Set();
    for (const content of [...TEXTS, 'a/b\\"\n\u2028<&>']) {
      const [query, body] = push(account, text(account, content));
      const answer = await server.send("POST", query, body);
      assert.equal(answer.status, 200);
      assert.equal(JSON.parse(answer.body).nonce, query.nonce);
      const { msgtype, stream } = JSON.parse(read(account, answer.body));
      assert.deepEqual([msgtype, stream.finish, stream.content], ["stream", true, content]);
      ids.add(stream.id);
    }
    assert.equal(ids.size, TEXTS.length + 1);
  }];

  yield ["a retry", async () => {
    const plain = text(account, "你好");
    const [first, again] = [await server.send("POST", ...push(account, plain)), await server.send("POST", ...push(account, plain))];
    assert.deepEqual(JSON.parse(read(account, again.body)), JSON.parse(read(account, first.body)));
  }];

  yield ["events", async () => {
    for (const event of [{ eventtype: "enter_chat" }, { eventtype: "feedback_event", feedback_event: { id: "f", type: 1 } }]) {
      const answer = await server.send("POST", ...push(account, message(account, "event", { create_time: now(), event })));
      assert.deepEqual([answer.status, answer.body], [200, ""]);
    }
  }];
}

/** What is asked of all. */
async function* pushes(server, account) {
  yield ["refused pushes", async () => {
    const { query, encrypted } = seal(account, text(account, "你好"), now(), nonce());
    const body = envelope(account, encrypted);
    const { msg_signature, ...unsigned } = query;
    await server.refuses("POST", { ...query, msg_signature: "0".repeat(40) }, body);
    await server.refuses("POST", { ...query, msg_signature: msg_signature.toUpperCase() }, body);
    await server.refuses("POST", { ...query, timestamp: String(now() - 200) }, body);
    await server.refuses("POST", unsigned, body);
    await server.refuses("POST", query, envelope(account, altered(encrypted)));
    await server.refuses("POST", query, text(account, "in clear"));
    const other = account.format === "json" ? "xml" : "json";
    await server.refuses("POST", query, envelope({ kind: "", id: account.id, format: other }, encrypted), 400);
  }];

  yield ["other receive ids", async () => {
    // wechat-crypto does not work without an id.
    const ids = account.kind === "aibot" ? ["0", "ww0123456789abcdef"] : [`${account.id}0`, account.id.slice(0, -1)];
    for (const id of [...ids, ...(account.kind === "wecom" ? [""] : [])]) {
      const [query, body] = push(account, text(account, "你好"), id);
      await server.refuses("POST", query, body);
    }
  }];

  yield ["SIGTERM", async () => assert.equal(await server.terminate(), 0)];
}

async function main() {
  let [passed, failed] = [0, 0];
  for (const [example, kind, checks] of [["wecom_echo", "wecom", wecom], ["wecom_echo", "aibot", bot], ["json_echo", "mini-program", miniProgram]]) {
    for (const framework of ["axum", "actix"]) {
      const played = account(kind);
      const server = await Server.start(example, framework, played);
      for (const generator of [checks, pushes]) {
        for await (const [name, check] of generator(server, played)) {
          try {
            await check();
            passed++;
          } catch (error) {
            failed++;
            console.error(`${example}, ${framework}: ${name}:`, environment(played), error);
          }
        }
      }
      server.child.kill("SIGKILL");
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

main();
