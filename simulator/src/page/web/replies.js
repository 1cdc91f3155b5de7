// The reply that the user sees, drawn like WeChat. Every string from the bot goes through `h`, `rich` or `link`, which
// turn it into text nodes.

import { clicked, isCardClick } from "./bot-card.js";
import { h, icon } from "./dom.js";
import { seconds, t } from "./i18n.js";
import { drawGrowing } from "./growing.js";
import { notice } from "./descriptions.js";
import { state } from "./store.js";
import { link, rich } from "./text.js";
import { picture } from "./user-message.js";

/** A row of the conversation, or null if the user sees nothing. `before` is the row that it replaces. */
export function drawReply(exchange, choose, before) {
  const { shown } = exchange;
  if (isCardClick(exchange) && exchange.bubble && clicked(exchange)) return null;
  if (exchange.bubble) return drawGrowing(exchange, accountAvatar(), before);
  if (shown.shown === "nothing") return null;
  if (shown.shown === "failure_notice") {
    return h(
      "div",
      { class: "row notice" },
      h("p", {}, notice(exchange)),
      h("button", { class: "meta", type: "button", tabindex: "-1" }, t("why")),
    );
  }
  const { reply } = shown;
  if (reply.type === "transfer") {
    return system(reply.account ? t("transferred-to", { account: reply.account }) : t("transferred"));
  }
  if (reply.type === "transfer_to_ai") return system(t("transferred-ai"));
  if (reply.type === "news") return h("div", { class: "row wide" }, news(reply.articles), meta(exchange));
  return h(
    "div",
    { class: "row theirs" },
    accountAvatar(),
    h("div", { class: "column" }, h("span", { class: "hidden" }, t("labelled", { label: t("bot"), text: "" })), bubble(reply, choose), meta(exchange)),
  );
}

const accountAvatar = () => h("span", { class: "avatar account", "aria-hidden": "true" }, t(`sign-${state.kind}`));

const system = (text) => h("div", { class: "row did" }, h("p", {}, text));

function meta({ lanes }) {
  const last = lanes[lanes.length - 1];
  const parts = [t("meta-reply", { took: seconds(last.started_ms + last.took_ms) })];
  if (last.number > 1) parts.push(t("meta-delivery", { n: last.number }));
  if (last.encrypted) parts.push(t("meta-encrypted"));
  return h("p", { class: "about" }, parts.join(" · "));
}

function bubble(reply, choose) {
  switch (reply.type) {
    case "text":
      return h("div", { class: "bubble" }, ...rich(reply.content, choose));
    case "image":
      return h("div", { class: "picture" }, picture(null, reply.media_id));
    case "voice":
      return h("div", { class: "bubble voice", title: reply.media_id }, icon("voice"), t("voice-seconds"), h("small", {}, reply.media_id));
    case "video":
      return h(
        "div",
        { class: "card" },
        h("div", { class: "picture video" }, icon("play"), h("small", {}, reply.media_id)),
        reply.title || reply.description
          ? h("div", { class: "card-text" }, h("strong", {}, reply.title ?? ""), h("small", {}, reply.description ?? ""))
          : null,
      );
    case "music":
      return h(
        "div",
        { class: "card music" },
        h("div", { class: "card-text beside" }, h("span", {}, h("strong", {}, reply.title ?? t("music")), h("small", {}, reply.description ?? "")), icon("music")),
        h("div", { class: "card-foot" }, link(reply.hq_url ?? reply.url ?? "", {}, t("listen-to")), h("small", {}, reply.thumb_media_id ?? "")),
      );
    case "update_button":
    case "update_task_card":
      return h("div", { class: "card template" }, h("div", { class: "card-text" }, h("small", {}, t("card-button"))), h("div", { class: "card-button" }, reply.text));
    case "update_template_card":
      return templateCard(reply.card);
    default:
      return h("div", { class: "bubble raw" }, reply.type);
  }
}

/** A card of WeCom, as far as its first texts. */
function templateCard({ card_type, source, title, description, sub_title, rows, replace_text }) {
  return h(
    "div",
    { class: "card template", title: card_type },
    source ? h("div", { class: "card-source" }, source) : null,
    h("div", { class: "card-text" }, h("strong", {}, title ?? t("card-updated")), description ? h("small", {}, description) : null, sub_title ? h("p", {}, sub_title) : null),
    rows.length ? h("dl", {}, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))) : null,
    replace_text ? h("div", { class: "card-button" }, replace_text) : null,
  );
}

/** One article is a card; of several, the first has a cover and the others are rows. */
function news(articles) {
  const [first, ...others] = articles;
  if (!others.length) {
    return h(
      "article",
      { class: "news" },
      h("div", { class: "cover" }, picture(first.pic_url)),
      h("div", { class: "news-text" }, link(first.url, { class: "news-title" }, first.title), h("p", {}, first.description)),
      h("div", { class: "news-foot" }, t("read-on")),
    );
  }
  return h(
    "article",
    { class: "news many" },
    h("div", { class: "cover" }, picture(first.pic_url), link(first.url, { class: "news-title" }, first.title)),
    others.map((article) => h("div", { class: "news-row" }, link(article.url, { class: "news-title" }, article.title), h("div", { class: "thumb" }, picture(article.pic_url)))),
  );
}
