"use strict";
// Writes `node.json`, the vectors that @wecom/crypto and wechat-crypto make, and `files-node.json`, files that Node.js itself encrypts, into a
// folder: `tests/peer/run vectors`. Nothing in them is random, so that they come out the same wherever they are made.

const { writeFileSync } = require("node:fs");
const path = require("node:path");
const { envelope, open, seal, sealFile, sign } = require("./wechat");

const NOW = 1750000000;
const NONCE = "1597864321";
const RANDOM = Buffer.from("9f8e7d6c5b4a3928");
const CORP = {
  kind: "wecom",
  id: "ww4d8b0e6a2c9f1537",
  token: "nodeT0kenOfWeCom",
  key: "uR6tZb1PqXk8Wm3VsNf7HcLgYd0JoEa5Ti9KxQv2B4M",
  mode: "safe",
  format: "xml",
};
const MINI = {
  kind: "mini-program",
  id: "wx6e1a9d3c7b5f0284",
  token: "nodeT0kenOfMiniP",
  key: "wB7eYk2NrUj9Xq4LtPz8CmVgSa1HdFo6Wi0JvQn3R5D",
  mode: "safe",
  format: "json",
};
const AIBOT = {
  kind: "aibot",
  id: "",
  token: "nodeT0kenOfAiB0t",
  key: "cX7tRm2KqWz9Yp4LbNs8VdGhJf1EaUo6Ti0SkQ3xH5D",
  mode: "safe",
  format: "json",
};
const vectors = [];

function put(name, account, method, query, body, expect, more = {}) {
  const by = account.kind === "mini-program" ? "wechat-crypto 0.0.2" : "@wecom/crypto 1.0.1";
  vectors.push({ name: `${by.split(" ")[0]}: ${name}`, by, account, method, now: NOW, query: new URLSearchParams(query).toString(), body, expect, ...more });
}

const sealed = (account, message, receiveId) => seal(account, message, NOW, NONCE, { receiveId, random: RANDOM });
const refused = (refusal, status = 403) => ({ status, refusal });
const altered = (encrypted) => encrypted.slice(0, 30) + (encrypted[30] === "A" ? "B" : "A") + encrypted.slice(31);

/** A reply as the account's side has to seal it. The same libraries read it. */
function reply(account, plaintext) {
  const { query, encrypted } = sealed(account, plaintext);
  const read = open(account, { encrypted, signature: query.msg_signature, timestamp: query.timestamp, nonce: NONCE });
  if (read !== plaintext) throw new Error(read);
  const body = account.kind === "aibot"
    ? JSON.stringify({ encrypt: encrypted, msgsignature: query.msg_signature, timestamp: NOW, nonce: NONCE })
    : account.format === "json"
      ? JSON.stringify({ Encrypt: encrypted, MsgSignature: query.msg_signature, TimeStamp: NOW, Nonce: NONCE })
      : `<xml>\n<Encrypt><![CDATA[${encrypted}]]></Encrypt>\n<MsgSignature><![CDATA[${query.msg_signature}]]></MsgSignature>\n<TimeStamp>${NOW}</TimeStamp>\n<Nonce><![CDATA[${NONCE}]]></Nonce>\n</xml>`;
  return { plaintext, timestamp: NOW, random: RANDOM.toString(), body };
}

function verifications() {
  for (const echo of ["1616140317555161061", "0", "a b+c/d=", "x".repeat(200)]) {
    const { query, encrypted } = sealed(CORP, echo);
    put(`verification, ${echo.length} characters`, CORP, "GET", { ...query, echostr: encrypted }, "", { echo });
  }
  const { query, encrypted } = sealed(CORP, "1616140317555161061");
  put("verification: a wrong signature", CORP, "GET", { ...query, echostr: encrypted, msg_signature: "0".repeat(40) }, "", refused("Signature {"));
  put("verification: an altered echostr", CORP, "GET", { ...query, echostr: altered(encrypted) }, "", refused("Signature {"));
  put("verification: cut", CORP, "GET", { ...query, echostr: encrypted.slice(0, -4) }, "", refused("Signature {"));
  for (const [name, id] of [["another company", "ww4d8b0e6a2c9f1538"], ["nobody", ""]]) {
    const other = sealed(CORP, "1616140317555161061", id);
    put(`verification: for ${name}`, CORP, "GET", { ...other.query, echostr: other.encrypted }, "", refused("Decrypt(ReceiveId"));
  }
  const plain = { timestamp: String(NOW), nonce: NONCE, signature: sign(MINI.token, String(NOW), NONCE), echostr: "4375120948345356249" };
  put("verification of a mini-program", MINI, "GET", plain, "", { echo: "4375120948345356249" });
}

const element = (name, value) => `<${name}><![CDATA[${value}]]></${name}>`;

function member(kind, rest) {
  return `<xml>${element("ToUserName", CORP.id)}${element("FromUserName", "王五")}<CreateTime>${NOW}</CreateTime>${element("MsgType", kind)}${rest}<AgentID>218</AgentID></xml>`;
}

function pushes() {
  const text = member("text", element("Content", "👋 hello <&>") + "<MsgId>7338219312345678901</MsgId>");
  const answer = `<xml>${element("ToUserName", "王五")}${element("FromUserName", CORP.id)}<CreateTime>${NOW}</CreateTime>${element("MsgType", "text")}${element("Content", "好的 😀")}</xml>`;
  good("text", CORP, text, { kind: "text", text: "👋 hello <&>" }, { reply: reply(CORP, answer) });
  const card = element("Event", "template_card_event") + element("EventKey", "key1") + element("TaskId", "t1") + element("CardType", "button_interaction") + element("ResponseCode", "rc");
  good("event: a button of a card", CORP, member("event", card), { kind: "event" });
  const contact = `<xml><ToUserName>${CORP.id}</ToUserName><FromUserName>sys</FromUserName><CreateTime>${NOW}</CreateTime><MsgType>event</MsgType><Event>change_contact</Event><ChangeType>delete_user</ChangeType><UserID>zhangsan</UserID></xml>`;
  good("event: a member leaves, without CDATA", CORP, contact, { kind: "event" });
  // Every length of padding, and a message over a KiB.
  for (let length = 0; length < 32; length++) {
    good(`text, ${length} characters more`, CORP, member("text", element("Content", `x${"x".repeat(length)}`) + "<MsgId>1</MsgId>"), { kind: "text" });
  }
  good("text of 2,000 characters", CORP, member("text", element("Content", "好".repeat(2000)) + "<MsgId>1</MsgId>"), { kind: "text" });
  bad(CORP, text);

  const message = { ToUserName: "gh_a1b2c3d4e5f6", FromUserName: "oGZUI0egBJY1zhBYw2KhdUfwVJJE", CreateTime: NOW, MsgType: "text", Content: "👋 <&>\\ \" /", MsgId: 24680135791357017 };
  const transfer = { ToUserName: message.FromUserName, FromUserName: message.ToUserName, CreateTime: NOW, MsgType: "transfer_customer_service" };
  good("text", MINI, JSON.stringify(message), { kind: "text", text: message.Content }, { reply: reply(MINI, JSON.stringify(transfer)) });
  good("text, indented", MINI, JSON.stringify(message, null, 2), { kind: "text", text: message.Content });
  const event = { ...message, MsgType: "event", Event: "wxa_media_check", detail: [{ strategy: "content_model", errcode: 0, suggest: "risky", label: 20006, prob: 90 }], errcode: 0, errmsg: "ok", result: { suggest: "risky", label: 20006 } };
  good("event: an array of objects", MINI, JSON.stringify(event), { kind: "event" });
  bad(MINI, JSON.stringify(message));
}

function good(name, account, plaintext, expect, more) {
  const { query, encrypted } = sealed(account, plaintext);
  put(name, account, "POST", query, envelope(account, encrypted), { plaintext, ...expect }, more);
}

function bad(account, message) {
  const { query, encrypted } = sealed(account, message);
  put("a wrong signature", account, "POST", { ...query, msg_signature: "f".repeat(40) }, envelope(account, encrypted), refused("Signature {"));
  put("an altered cipher text", account, "POST", query, envelope(account, altered(encrypted)), refused("Signature {"));
  put("a cut cipher text", account, "POST", query, envelope(account, encrypted.slice(0, -4)), refused("Signature {"));
  const { msg_signature, ...unsigned } = query;
  put("no signature", account, "POST", unsigned, envelope(account, encrypted), refused("SignatureMissing"));
  // wechat-crypto does not work without an id.
  for (const id of [`${account.id}0`, account.id.slice(1), ...(account === CORP ? [""] : [])]) {
    const other = sealed(account, message, id);
    put(`for ${id || "nobody"}`, account, "POST", other.query, envelope(account, other.encrypted), refused("Decrypt(ReceiveId"));
  }
}

/** AI bots, with @wecom/crypto and an empty receive id. */
function bots() {
  const echo = sealed(AIBOT, "1616140317555161061");
  put("AI bot: verification", AIBOT, "GET", { ...echo.query, echostr: echo.encrypted }, "", { echo: "1616140317555161061" });
  const other = sealed(AIBOT, "1616140317555161061", CORP.id);
  put("AI bot: verification for a company", AIBOT, "GET", { ...other.query, echostr: other.encrypted }, "", refused("Decrypt(ReceiveId"));

  const head = { msgid: "CAIQ16HMjQYY/NGagIOAgAMgq4KM0AI=", aibotid: "AIBOTID", chattype: "single", from: { userid: "王五" } };
  const url = "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=CODE";
  const text = JSON.stringify({ ...head, response_url: url, msgtype: "text", text: { content: "👋 <&>\\ \" /" } });
  const answer = { msgtype: "stream", stream: { id: "STREAMID", finish: false, content: "好的 😀" } };
  good("AI bot: text", AIBOT, text, { kind: "text", text: "👋 <&>\\ \" /" }, { reply: reply(AIBOT, JSON.stringify(answer)) });
  const refresh = { ...head, msgtype: "stream", stream: { id: "STREAMID" } };
  good("AI bot: refresh of a stream", AIBOT, JSON.stringify(refresh), { kind: "stream" });
  const selected = { selected_item: [{ question_key: "q", option_ids: { option_id: ["a", "b"] } }] };
  const clicked = { eventtype: "template_card_event", template_card_event: { card_type: "vote_interaction", event_key: "k", task_id: "t", selected_items: selected } };
  good("AI bot: event: a vote", AIBOT, JSON.stringify({ ...head, create_time: NOW, msgtype: "event", event: clicked }), { kind: "event" });
  for (let length = 0; length < 32; length++) {
    const padded = JSON.stringify({ ...head, msgtype: "text", text: { content: `x${"x".repeat(length)}` } });
    good(`AI bot: text, ${length} characters more`, AIBOT, padded, { kind: "text" });
  }
  const { query, encrypted } = sealed(AIBOT, text);
  put("AI bot: a wrong signature", AIBOT, "POST", { ...query, msg_signature: "f".repeat(40) }, envelope(AIBOT, encrypted), refused("Signature {"));
  put("AI bot: an altered cipher text", AIBOT, "POST", query, envelope(AIBOT, altered(encrypted)), refused("Signature {"));
  const company = sealed(AIBOT, text, CORP.id);
  put("AI bot: for a company", AIBOT, "POST", company.query, envelope(AIBOT, company.encrypted), refused("Decrypt(ReceiveId"));
}

/** Files as an AI bot downloads them, with every length of padding. */
function files() {
  return [...Array(33).keys(), 1000].map((length) => {
    const file = Buffer.from(Array.from({ length }, (_, at) => (at * 29 + length) % 253));
    return { name: `${length} bytes`, by: "node:crypto", account: AIBOT, file: file.toString("hex"), encrypted: sealFile(AIBOT, file).toString("base64") };
  });
}

verifications();
pushes();
bots();
const file = path.join(process.argv[2], "node.json");
writeFileSync(file, `${JSON.stringify(vectors, null, 1)}\n`);
writeFileSync(path.join(process.argv[2], "files-node.json"), `${JSON.stringify(files(), null, 1)}\n`);
console.log(`node.json: ${vectors.length} vectors`);
