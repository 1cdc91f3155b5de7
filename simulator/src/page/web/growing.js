// The answer of an AI bot: one bubble that grows, with its card and the buttons for feedback.

import { post } from "./api.js";
import { cardNow, chatOf, drawCard } from "./bot-card.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { markdown } from "./markdown.js";
import { fan } from "./store.js";

const THINKS = /^\s*<think>([\s\S]*?)(?:<\/think>|$)/;

/** The row of the answer. `before` is the row that it replaces: what was unfolded stays unfolded. */
export function drawGrowing(exchange, avatar, before) {
  const { stream, ended } = exchange.bubble;
  const card = exchange.bubble.card ? drawCard(cardNow(exchange), exchange) : null;
  return h(
    "div",
    { class: "row theirs growing", data: { ended: ended ?? "" } },
    avatar,
    h(
      "div",
      { class: "column" },
      h("span", { class: "hidden" }, t("labelled", { label: t("bot"), text: "" })),
      stream ? bubble(stream, ended, before?.querySelector("details")?.open) : null,
      card,
      ended === "six_minutes" ? h("p", { class: "about bad" }, t("six-minutes")) : null,
      exchange.refreshes ? h("p", { class: "about" }, t("refreshes", { n: exchange.refreshes })) : null,
      ended && stream?.is_finished && stream.feedback_id ? feedback(stream.feedback_id, exchange) : null,
    ),
  );
}

function bubble({ content, images }, ended, open) {
  const thought = THINKS.exec(content);
  const said = thought ? content.slice(thought[0].length) : content;
  return h(
    "div",
    { class: "bubble markdown" },
    thought ? h("details", { open }, h("summary", {}, t("thought")), markdown(thought[1])) : null,
    markdown(said),
    images.length ? h("p", { class: "hint" }, t("pictures", { n: images.length })) : null,
    ended ? null : h("p", { class: "typing" }, t("typing")),
  );
}

function feedback(feedbackId, exchange) {
  const button = (type, name) => {
    const fields = [
      ["feedback_event.id", feedbackId],
      ["feedback_event.type", type],
      ...chatOf(exchange),
    ];
    return h("button", { type: "button", class: "small", data: { feedback: type, key: `feedback-${exchange.id}-${type}` }, onclick: () => post("/api/send", { fan: fan().name, event: "feedback_event", fields }) }, t(name));
  };
  return h("div", { class: "feedback", role: "group", "aria-label": t("feedback") }, button("1", "accurate"), button("2", "inaccurate"));
}
