// The panels of the inspector for one delivery.

import { h, icon } from "./dom.js";
import { post } from "./api.js";
import { pick, seconds, t } from "./i18n.js";
import { copy } from "./layout.js";
import { signature, tokenButton } from "./signatures.js";
import { chooseFan, fan, select } from "./store.js";

/** XML with coloured tags. All tokens become text nodes, never markup. */
export function xml(text) {
  const tokens = text.split(/(<!\[CDATA\[|\]\]>|<\/?[^<>]*>)/);
  const parts = tokens.filter(Boolean).map((token) => {
    if (token === "<![CDATA[" || token === "]]>") return h("span", { class: "cdata" }, token);
    if (token.startsWith("<")) return h("span", { class: "tag" }, token);
    return h("span", { class: "value" }, token);
  });
  return code(text, parts);
}

function code(text, children) {
  const button = h("button", { type: "button", class: "copy", title: t("copy"), "aria-label": t("copy"), onclick: () => copy(text) }, icon("copy"));
  return h("div", { class: "code" }, h("pre", { tabindex: "0" }, children), button);
}

export const block = (title, ...children) => h("section", { class: "block" }, h("h4", {}, title), ...children);

export function overview(exchange, detail, delivery) {
  const encrypted = exchange.mode !== "plain";
  const reply = delivery.reading?.xml;
  const log = botLog(detail.log);
  // What is wrong comes first.
  const first = detail.log?.some((line) => line.serious);
  return [
    first ? log : null,
    delivery.reading ? block(t("checks"), checks(delivery.reading.checks)) : null,
    first ? null : log,
    h(
      "div",
      { class: "two" },
      block(t(encrypted ? "message-xml" : "message-xml-plain"), xml(detail.xml)),
      block(t(delivery.reading?.signature ? "reply-xml" : "reply-xml-plain"), reply ? xml(reply) : h("p", { class: "hint" }, t("no-reply-xml"))),
    ),
  ];
}

/** What the bot printed meanwhile; null if it printed nothing. */
export function botLog(lines) {
  return lines?.length > 0 ? block(t("bot-log"), printed(lines)) : null;
}

function printed(lines) {
  return h("ul", { class: "printed", tabindex: "0", "aria-label": t("bot-log") }, lines.map((line) => h("li", { class: line.serious ? "serious" : "" }, line.text)));
}

function checks(list) {
  return h(
    "ul",
    { class: "checks" },
    list.map((check) =>
      h("li", { class: check.passed ? "good" : "bad" }, icon(check.passed ? "check" : "cross"), h("span", {}, pick(check.detail)), h("code", {}, check.name)),
    ),
  );
}

export function signatures(exchange, detail, delivery) {
  const query = new URL(delivery.request.url).searchParams;
  const parts = delivery.signatures.map((found) => signature(found, query.get(found.name) ?? undefined, t("in-request")));
  if (delivery.reading?.signature) {
    const given = /<MsgSignature>\s*(?:<!\[CDATA\[)?\s*([^\]<\s]*)/.exec(delivery.ending.answer?.body ?? "");
    parts.push(signature(delivery.reading.signature, given?.[1], t("in-reply")));
  }
  if (!parts.length) return [h("p", { class: "hint" }, t("no-signatures"))];
  return [h("div", { class: "right-side" }, tokenButton()), ...parts];
}

export function request(exchange, detail, delivery) {
  const query = [...new URL(delivery.request.url).searchParams].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "mono" }, value)));
  const lines = head(delivery).join("\n");
  return [
    block(t("raw-request"), code(`${lines}\n\n${delivery.request.body}`, lines)),
    h("dl", { class: "query" }, query),
    block(t("request-body"), bodyOf(delivery)),
  ];
}

/** Head and body of a request together. */
export const sent = (delivery, title) => block(title, code(head(delivery).join("\n"), head(delivery).join("\n")), bodyOf(delivery));

/** The first line of a request and its headers. */
function head({ request: { method, url, headers, body }, body_length, pace }) {
  const { pathname, host } = new URL(url);
  const length = body_length ?? new TextEncoder().encode(body).length;
  const framing = method === "GET" ? [] : [pace === "chunked" ? "transfer-encoding: chunked" : `content-length: ${length}`];
  return [`${method} ${url.slice(url.indexOf(pathname, url.indexOf(host)))} HTTP/1.1`, `host: ${host}`, ...headers.map(([name, value]) => `${name}: ${value}`), ...framing];
}

function bodyOf({ request: { body }, body_length }) {
  if (!body) return h("p", { class: "hint" }, "0 B");
  const kept = new TextEncoder().encode(body).length;
  return [xml(body), body_length > kept ? h("p", { class: "hint" }, t("cut-body", { kept, length: body_length })) : null];
}

export function answer(exchange, detail, delivery) {
  const found = delivery.ending?.answer;
  if (!found) {
    const last = delivery.reading?.checks.at(-1);
    return [h("p", { class: "hint" }, last ? pick(last.detail) : t("no-answer"))];
  }
  const lines = [`HTTP/1.1 ${found.status}`, ...found.headers.map(([name, value]) => `${name}: ${value}`)];
  const xmlOf = delivery.reading?.xml;
  return [
    block(`${t("raw-answer")} · ${seconds(delivery.took_ms)}`, code(lines.join("\n"), lines.join("\n"))),
    block(t("answer-body"), found.body ? xml(found.body) : h("p", { class: "hint" }, "0 B"), found.truncated ? h("p", { class: "hint" }, t("truncated")) : null),
    xmlOf && xmlOf !== found.body ? block(t("reply-xml"), xml(xmlOf)) : null,
  ];
}

/** Raw XML has its own MsgId, so it can only be pushed as it was. */
function sendAgain({ id, fan: sender, is_raw }) {
  const button = (key, name, path) => {
    const push = async () => {
      if (!(await post(path, { id }))) return;
      if (fan().name !== sender) chooseFan(sender);
      select(null);
    };
    return [h("button", { type: "button", class: "small", data: { key }, onclick: push }, icon("again"), t(name)), h("p", { class: "hint" }, t(`${name}-hint`))];
  };
  return block(
    t("from-here"),
    h("div", { class: "pushes" }, is_raw ? null : button("resend", "say-again", "/api/resend"), button("repeat", "push-again", "/api/repeat")),
  );
}
/** A command with a button that copies it. */
export const command = (title, hint, text, key) =>
  block(
    title,
    h("p", { class: "hint" }, hint),
    code(text, text),
    h("button", { type: "button", class: "small", data: { key }, onclick: () => copy(text) }, icon("copy"), title),
  );

export function again(exchange, detail, delivery) {
  return [
    sendAgain(exchange),
    command(t("as-command"), t("as-command-hint"), detail.command, "as-command"),
    command(t("as-curl"), t("as-curl-hint"), delivery.curl, "as-curl"),
  ];
}
