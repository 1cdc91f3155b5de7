"use strict";
// WeChat's side, as two libraries for Node.js play it: @wecom/crypto for WeCom, its AI bots and platforms, wechat-crypto for
// mini-programs. Neither shares code with this library, with wechatpy, or with the other.

const { createCipheriv, createHash } = require("node:crypto");
const wecom = require("@wecom/crypto");
const WXBizMsgCrypt = require("wechat-crypto");

/** The query signature of mini-programs, which neither of the two makes. */
function sign(token, ...parts) {
  return createHash("sha1").update([token, ...parts].sort().join("")).digest("hex");
}

/** The query of a push, and what is in its Encrypt. `random` has 16 bytes. */
function seal(account, message, timestamp, nonce, { receiveId = account.id, random } = {}) {
  const query = { timestamp: String(timestamp), nonce };
  if (account.kind === "mini-program") {
    const crypt = new WXBizMsgCrypt(account.token, account.key, receiveId);
    const encrypted = random ? withRandom(random, () => crypt.encrypt(message)) : crypt.encrypt(message);
    query.signature = sign(account.token, query.timestamp, nonce);
    query.encrypt_type = "aes";
    query.msg_signature = crypt.getSignature(query.timestamp, nonce, encrypted);
    return { query, encrypted };
  }
  const encrypted = wecom.encrypt(account.key, message, receiveId, random);
  query.msg_signature = wecom.getSignature(account.token, query.timestamp, nonce, encrypted);
  return { query, encrypted };
}

/** wechat-crypto takes no random bytes, so that it is lent some. */
function withRandom(random, run) {
  const crypto = require("crypto");
  const original = Object.getOwnPropertyDescriptor(crypto, "pseudoRandomBytes");
  Object.defineProperty(crypto, "pseudoRandomBytes", { value: () => random, configurable: true });
  try {
    return run();
  } finally {
    Object.defineProperty(crypto, "pseudoRandomBytes", original);
  }
}

/** The message in a sealed reply, after the checks that WeChat makes of it. */
function open(account, { encrypted, signature, timestamp, nonce }) {
  const right =
    account.kind === "mini-program"
      ? new WXBizMsgCrypt(account.token, account.key, account.id).getSignature(timestamp, nonce, encrypted)
      : wecom.getSignature(account.token, timestamp, nonce, encrypted);
  if (signature !== right) throw new Error("the signature of the reply is wrong");
  const { message, id } =
    account.kind === "mini-program"
      ? new WXBizMsgCrypt(account.token, account.key, account.id).decrypt(encrypted)
      : wecom.decrypt(account.key, encrypted);
  if (id !== account.id) throw new Error(`the reply is from ${id}`);
  return message;
}

/** A file as an AI bot downloads it: with no frame around it, and padded to 32, which OpenSSL does not do by itself. */
function sealFile(account, file) {
  const key = Buffer.from(`${account.key}=`, "base64");
  const cipher = createCipheriv("aes-256-cbc", key, key.subarray(0, 16)).setAutoPadding(false);
  const missing = 32 - (file.length % 32);
  return Buffer.concat([cipher.update(file), cipher.update(Buffer.alloc(missing, missing)), cipher.final()]);
}

/** The envelope of a push, as the kind of account has it. */
function envelope(account, encrypted, to = account.id) {
  if (account.kind === "aibot") return JSON.stringify({ encrypt: encrypted });
  return account.format === "json"
    ? JSON.stringify({ ToUserName: "gh_a1b2c3d4e5f6", Encrypt: encrypted })
    : `<xml><ToUserName><![CDATA[${to}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt><AgentID><![CDATA[218]]></AgentID></xml>`;
}

module.exports = { envelope, open, seal, sealFile, sign };
