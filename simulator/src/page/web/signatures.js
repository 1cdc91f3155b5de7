// How a signature was computed, step by step: the parts, sorted as bytes, concatenated, SHA-1.

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { toggleSecrets, token } from "./setup.js";

const ORDER = ["token", "timestamp", "nonce", "encrypt"];

/** One signature. `given` is the one in the request or the reply, `where` says which of them. */
export function signature({ name, parts, value }, given, where) {
  const same = given === value;
  const isReply = name === "MsgSignature";
  const sorted = [...parts].sort((one, other) => ORDER.indexOf(one.name) - ORDER.indexOf(other.name));
  const covers = parts.some((part) => part.name === "encrypt");
  return h(
    "section",
    { class: "signature" },
    h("h4", {}, t(isReply ? "sign-reply" : "sign-request", { name })),
    h("p", { class: "hint" }, t(covers ? "sign-encrypt-note" : "sign-plain-note")),
    h(
      "ol",
      { class: "steps" },
      step(t("sign-parts"), h("dl", { class: "parts" }, sorted.map((part) => h("div", {}, h("dt", {}, part.name), h("dd", { class: `mono part-${part.name}` }, shown(part)))))),
      step(t("sign-sort"), h("div", { class: "sorted" }, parts.map((part) => h("span", { class: `mono part-${part.name}` }, part.name)))),
      step(t("sign-join"), h("code", { class: "joined" }, parts.map((part) => h("span", { class: `part-${part.name}` }, shown(part))))),
      step(
        t("sign-hash"),
        h("code", { class: "hash" }, value),
        given === null
          ? null
          : h("p", { class: same ? "good" : "bad" }, icon(same ? "check" : "cross"), t(same ? "sign-same" : "sign-differs", { where: `${where} ${name} `, given: given ?? "—" })),
      ),
    ),
  );
}

export function tokenButton() {
  const known = token() !== undefined;
  return h("button", { type: "button", class: "small", data: { key: "token" }, "aria-pressed": String(known), onclick: toggleSecrets }, icon("eye"), t(known ? "hide-token" : "show-token"));
}

const step = (title, ...children) => h("li", {}, h("strong", {}, title), ...children);

function shown({ name, value }) {
  if (name === "token") return token() ?? "‹token›";
  if (value.length <= 64) return value;
  return [value.slice(0, 24), h("span", { class: "cut", title: value }, ` … ${t("characters", { n: value.length - 40 })} … `), value.slice(-16)];
}
