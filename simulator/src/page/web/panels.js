// The panels of the inspector for one delivery.

import { h, icon } from "./dom.js";
import { pick, seconds, t } from "./i18n.js";
import { copy } from "./layout.js";
import { signature, tokenButton } from "./signatures.js";

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

const block = (title, ...children) => h("section", { class: "block" }, h("h4", {}, title), ...children);

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
  const parts = delivery.signatures.map((found) => signature(found, query.get(found.name), t("in-request")));
  if (delivery.reading?.signature) {
    const given = /<MsgSignature>\s*(?:<!\[CDATA\[)?\s*([^\]<\s]*)/.exec(delivery.ending.answer?.body ?? "");
    parts.push(signature(delivery.reading.signature, given?.[1], t("in-reply")));
  }
  return [h("div", { class: "right-side" }, tokenButton()), ...parts];
}

export function request(exchange, detail, delivery) {
  const { method, url, headers, body } = delivery.request;
  const { pathname, searchParams, host } = new URL(url);
  const query = [...searchParams].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: "mono" }, value)));
  const lines = [`${method} ${url.slice(url.indexOf(pathname, url.indexOf(host)))} HTTP/1.1`, `host: ${host}`];
  lines.push(...headers.map(([name, value]) => `${name}: ${value}`), `content-length: ${new TextEncoder().encode(body).length}`);
  return [
    block(t("raw-request"), code(`${lines.join("\n")}\n\n${body}`, lines.join("\n"))),
    h("dl", { class: "query" }, query),
    block(t("body"), xml(body)),
  ];
}

export function answer(exchange, detail, delivery) {
  const found = delivery.ending?.answer;
  if (!found) {
    const last = delivery.reading?.checks.at(-1);
    return [h("p", { class: "hint" }, last ? pick(last.detail) : t("no-answer"))];
  }
  const lines = [`HTTP/1.1 ${found.status}`, ...found.headers.map(([name, value]) => `${name}: ${value}`)];
  const xmlOf = delivery.reading.xml;
  return [
    block(`${t("raw-answer")} · ${seconds(delivery.took_ms)}`, code(lines.join("\n"), lines.join("\n"))),
    block(t("body"), found.body ? xml(found.body) : h("p", { class: "hint" }, "0 B"), found.truncated ? h("p", { class: "hint" }, t("truncated")) : null),
    xmlOf && xmlOf !== found.body ? block(t("reply-xml"), xml(xmlOf)) : null,
  ];
}

export function again(exchange, detail, delivery) {
  const command = (title, hint, text, key) =>
    block(
      title,
      h("p", { class: "hint" }, hint),
      code(text, text),
      h("button", { type: "button", class: "small", data: { key }, onclick: () => copy(text) }, icon("copy"), title),
    );
  return [
    command(t("as-command"), t("as-command-hint"), detail.command, "as-command"),
    command(t("as-curl"), t("as-curl-hint"), delivery.curl, "as-curl"),
  ];
}
