// A message or an event of the user, drawn like WeChat.

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { event, isEvent, sent } from "./descriptions.js";
import { state } from "./store.js";
import { link, safeUrl } from "./text.js";

/** One or two characters of the name on one of six colours. */
export function avatar(name) {
  const sum = [...name].reduce((total, character) => total + character.codePointAt(0), 0);
  const characters = [...name];
  // The last two characters of a Chinese name, the first letter of a Latin one.
  const short = /^[\x20-\x7e]+$/.test(name) ? characters[0].toUpperCase() : characters.slice(-2).join("");
  return h("span", { class: `avatar tone-${sum % 6}`, "aria-hidden": "true" }, short);
}

/** An image from any URL, or a tile if there is none. */
export function picture(url, label) {
  const tile = h("span", { class: "no-picture" }, icon("image"), label ? h("small", {}, label) : null);
  const src = safeUrl(url);
  if (!src) return tile;
  const image = h("img", { src, alt: label ?? "", referrerpolicy: "no-referrer", loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(tile));
  return image;
}

/** A row of the conversation, with `meta` in it. */
export function drawUserMessage(exchange, meta) {
  if (isEvent(exchange) || exchange.repeats) return eventRow(exchange, meta);
  return h(
    "div",
    { class: "row own" },
    avatar(exchange.fan),
    h("div", { class: "column" }, h("span", { class: "hidden" }, t("labelled", { label: exchange.fan, text: "" })), bubble(exchange), meta),
  );
}

function eventRow(exchange, meta) {
  const { kind, field, fan, repeats } = exchange;
  if (repeats) return h("div", { class: "row did" }, h("p", {}, t("did-repeat", { text: sent(exchange) })), meta);
  const url = kind.toLowerCase() === "view" ? [" ", link(field.EventKey ?? "", {}, field.EventKey ?? "")] : [];
  return h("div", { class: "row did" }, h("p", {}, event(exchange, fan), ...url, " ", h("code", {}, `(${kind})`)), meta);
}

function bubble({ kind, field }) {
  const text = (name) => field[name] ?? "";
  switch (kind) {
    case "text":
      return h("div", { class: "bubble" }, text("Content") || text("text.content"));
    case "image":
      return h("div", { class: "picture" }, picture(text("PicUrl"), text("MediaId")));
    case "voice":
      return h("div", { class: "bubble voice" }, t("voice-seconds"), icon("voice"), h("span", { class: "hidden" }, t("voice")));
    case "video":
    case "shortvideo":
      return h("div", { class: "picture video" }, icon("play"), h("small", {}, text("MediaId")));
    case "location":
      return h(
        "div",
        { class: "card place" },
        h("div", { class: "card-text" }, h("strong", {}, text("Label") || "—"), h("small", {}, `${text("Location_X")}, ${text("Location_Y")}`)),
        h("div", { class: "map" }, icon("pin")),
      );
    case "link":
      return h(
        "div",
        { class: "card" },
        h("div", { class: "card-text" }, link(text("Url"), { class: "card-title" }, text("Title")), h("small", {}, text("Description"))),
        h("div", { class: "card-foot" }, icon("link"), h("span", {}, safeUrl(text("Url")) ?? "")),
      );
    case "file":
      return h("div", { class: "card" }, h("div", { class: "card-text beside" }, h("span", {}, h("strong", {}, text("Title")), h("small", {}, `${text("FileTotalLen")} B`)), icon("file")));
    case "miniprogrampage":
      return h("div", { class: "card" }, h("div", { class: "card-text" }, h("strong", {}, text("Title")), h("small", {}, text("PagePath"))), h("div", { class: "card-foot" }, icon("app"), t("mini-program")));
    case "":
      return h("div", { class: "bubble raw" }, t(`raw-${state.format}`));
    default:
      return h("div", { class: "bubble raw" }, t("other-message", { kind }));
  }
}
