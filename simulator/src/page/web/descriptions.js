// What was sent and what was answered, in words and on one line.

import { t } from "./i18n.js";
import { buttonOfMenu, kindTitle } from "./kinds.js";
import { state } from "./store.js";
import { plain } from "./text.js";

const MENU_EVENTS = {
  click: "did-click",
  view: "did-view",
  view_miniprogram: "did-view-app",
  scancode_push: "did-scan-by-menu",
  scancode_waitmsg: "did-scan-by-menu",
  pic_sysphoto: "did-picture-by-menu",
  pic_photo_or_album: "did-picture-by-menu",
  pic_weixin: "did-picture-by-menu",
  location_select: "did-place-by-menu",
};

export const isMenuEvent = ({ kind, is_event }) => is_event && kind.toLowerCase() in MENU_EVENTS;

/** Whether it is no message of the user's own, but something that they did or that happened. */
export const isEvent = ({ kind, is_event }) => is_event || kind.startsWith("device_");

/** What the user did. Without `fan` it is a sentence about nobody, as in the list of fans. */
export function event({ kind, field, is_event }, fan = "") {
  const text = (key, values) => (fan ? t(key, { fan, ...values }) : t(key, { fan, ...values }).replace(/^[\s·]+/, ""));
  const key = field.EventKey ?? "";
  const name = kind.toLowerCase();
  const onMenu = is_event && MENU_EVENTS[name];
  // The row of a link in the conversation has its URL, too.
  if (onMenu === "did-view" && !buttonOfMenu(key)) return text("did-view-url");
  if (onMenu) return text(onMenu, { name: buttonOfMenu(key)?.name ?? key });
  if (name === "subscribe" && key.startsWith("qrscene_")) return text("did-follow-by", { scene: key.slice(8) });
  if (name === "subscribe") return text("did-follow");
  if (name === "unsubscribe") return text("did-unfollow");
  if (name === "scan") return text("did-scan", { scene: key });
  if (name === "location") return text("did-report", { place: `${field.Latitude}, ${field.Longitude}` });
  return text("did-event", { title: kindTitle(kind, is_event) ?? t("unknown-event") });
}

/** A message or an event of the user. */
export function sent(exchange) {
  const { kind, field } = exchange;
  if (isEvent(exchange)) return event(exchange);
  if (kind === "text") return field.Content ?? field["text.content"] ?? "";
  if (!kind) return t("bracketed", { title: t(`raw-${state.format}`), text: "" }).trim();
  return t("bracketed", { title: kindTitle(kind, false) ?? kind, text: field.Title ?? field.Label ?? "" }).trim();
}

/** What is shown if WeChat does not accept the answer: only users of an Official Account are told in the chat. */
export const notice = ({ has_notice }) => (has_notice ? state.rules.failure_notice : t("not-accepted"));

/** What the user sees in the end, or null if it is nothing. */
export function answered(exchange) {
  const { shown } = exchange;
  if (!shown || shown.shown === "nothing") return null;
  if (shown.shown === "failure_notice") return notice(exchange);
  const { reply } = shown;
  switch (reply.type) {
    case "text":
      return plain(reply.content);
    case "transfer":
      return reply.account ? t("transferred-to", { account: reply.account }) : t("transferred");
    case "transfer_to_ai":
      return t("transferred-ai");
    case "news":
      return t("bracketed", { title: t("news"), text: reply.articles[0]?.title ?? "" }).trim();
    case "music":
      return t("bracketed", { title: t("music"), text: reply.title ?? "" }).trim();
    case "stream":
      return reply.stream.content.replace(/^\s*<think>[\s\S]*?<\/think>/, "").slice(0, 200);
    case "update_button":
    case "update_task_card":
      return t("bracketed", { title: t("card-button"), text: reply.text });
    case "update_template_card":
      return t("bracketed", { title: t("card-updated"), text: reply.card.title ?? "" }).trim();
    default:
      return t("bracketed", { title: kindTitle(reply.type, false) ?? reply.type, text: reply.title ?? "" }).trim();
  }
}

/** The last thing in the conversation with a fan. */
export function latest(exchanges) {
  const parts = exchanges.flatMap((exchange) => [
    { at: exchange.at_ms, text: sent(exchange) },
    { at: exchange.done_at_ms, text: answered(exchange) },
  ]);
  const told = parts.filter(({ text }) => text !== null);
  return told.reduce((last, part) => (last && last.at > part.at ? last : part), null)?.text;
}
