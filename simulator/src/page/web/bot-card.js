// A template card (模板卡片) of an AI bot. A click on it is pushed as `template_card_event`.

import { post } from "./api.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { exchangesOf, fan, state } from "./store.js";
import { link } from "./text.js";
import { picture } from "./user-message.js";

const EVENT = "event.template_card_event.";
const list = (value) => (Array.isArray(value) ? value.slice(0, 20) : []);
const text = (value) => (typeof value === "string" || typeof value === "number" ? String(value) : "");

export const isCardClick = ({ kind }) => kind === "template_card_event";

/** The exchange whose card was clicked, or null. */
export function clicked(exchange) {
  const task = exchange.field[`${EVENT}task_id`];
  const earlier = exchangesOf(exchange.fan).filter((other) => !isCardClick(other) && other.bubble?.card && other.id < exchange.id);
  return earlier.findLast(({ bubble }) => text(bubble.card.task_id) === task) ?? null;
}

/** The card of an exchange as it is now: the last one that replaced it. */
export function cardNow(exchange) {
  const updates = exchangesOf(exchange.fan).filter((other) => isCardClick(other) && other.bubble?.card && clicked(other) === exchange);
  return updates.at(-1)?.bubble.card ?? exchange.bubble.card;
}

/** The chat that an exchange was in, as the fields of a message. */
export const chatOf = ({ field }) => ["chattype", "chatid"].filter((name) => field[name]).map((name) => [name, field[name]]);

export function drawCard(card, exchange) {
  const { source, main_title, emphasis_content, quote_area, replace_text } = card;
  const form = h("form", { class: "card template bot-card", title: text(card.card_type), onsubmit: (event) => event.preventDefault() });
  const rows = list(card.horizontal_content_list).map((row) => h("div", {}, h("dt", {}, text(row?.keyname)), h("dd", {}, row?.url ? link(row.url, {}, text(row.value)) : text(row?.value))));
  const vertical = list(card.vertical_content_list).map((row) => h("p", {}, h("strong", {}, text(row?.title)), " ", text(row?.desc)));
  const parts = [
    source?.desc ? h("div", { class: "card-source" }, text(source.desc)) : null,
    card.card_image?.url ? h("div", { class: "cover" }, picture(card.card_image.url)) : null,
    h(
      "div",
      { class: "card-text" },
      h("strong", {}, text(main_title?.title)),
      main_title?.desc ? h("small", {}, text(main_title.desc)) : null,
      emphasis_content?.title ? h("p", { class: "emphasis" }, text(emphasis_content.title), " ", h("small", {}, text(emphasis_content.desc))) : null,
      quote_area?.quote_text ? h("blockquote", {}, text(quote_area.quote_text)) : null,
      card.sub_title_text ? h("p", {}, text(card.sub_title_text)) : null,
      vertical,
    ),
    rows.length ? h("dl", {}, rows) : null,
    questions(card),
    list(card.jump_list).map((jump) => h("div", { class: "card-foot" }, link(jump?.url ?? "", {}, text(jump?.title)))),
    replace_text ? h("div", { class: "card-button" }, text(replace_text)) : buttons(card, form, exchange),
  ];
  form.append(...parts.flat().filter(Boolean));
  return form;
}

function questions({ checkbox, select_list, button_selection }) {
  const votes = checkbox
    ? h(
        "fieldset",
        {},
        list(checkbox.option_list).map((option) =>
          h("label", {}, h("input", { type: checkbox.mode === 1 ? "checkbox" : "radio", name: text(checkbox.question_key), "data-option": text(option?.id), checked: option?.is_checked === true }), " ", text(option?.text)),
        ),
      )
    : null;
  const select = (question) =>
    h("label", { class: "select" }, h("span", {}, text(question?.title)), h("select", { name: text(question?.question_key) }, list(question?.option_list).map((option) => h("option", { value: text(option?.id), "data-option": text(option?.id), selected: option?.id === question.selected_id }, text(option?.text)))));
  return [votes, ...list(select_list).map(select), button_selection ? select(button_selection) : null];
}

function buttons(card, form, exchange) {
  const found = [...list(card.button_list), ...(card.submit_button ? [card.submit_button] : [])];
  const button = (one) => h("button", { type: "button", class: one?.style === 1 ? "primary" : "", data: { card: text(one?.key) }, onclick: () => click(card, text(one?.key), form, exchange) }, text(one?.text) || t("card-submit"));
  return found.length ? h("div", { class: "card-buttons" }, found.map(button)) : null;
}

/** What is chosen, as WeCom pushes it. */
function chosenIn(form) {
  const items = new Map();
  for (const option of form.querySelectorAll("input:checked, option:checked")) {
    const name = option.closest("select")?.name ?? option.name;
    items.set(name, [...(items.get(name) ?? []), option.dataset.option]);
  }
  return [...items].map(([question_key, option_id]) => ({ question_key, option_ids: { option_id } }));
}

/** A list in a message has no path, so that it is pushed as raw JSON. */
function click(card, event_key, form, exchange) {
  const { name, openid } = fan();
  const values = { card_type: text(card.card_type), event_key, task_id: text(card.task_id) };
  const selected_item = chosenIn(form);
  if (!selected_item.length) {
    const fields = Object.entries(values).map(([key, value]) => [`template_card_event.${key}`, value]);
    post("/api/send", { fan: name, event: "template_card_event", fields: [...fields, ...chatOf(exchange)] });
    return;
  }
  const now = Date.now();
  const raw = {
    msgid: `CAIQ${now}${Math.floor(Math.random() * 1e6)}`,
    create_time: Math.floor(now / 1000),
    aibotid: state.original_id,
    chattype: "single",
    ...Object.fromEntries(chatOf(exchange)),
    from: { userid: openid },
    msgtype: "event",
    event: { eventtype: "template_card_event", template_card_event: { ...values, selected_items: { selected_item } } },
  };
  post("/api/send", { fan: name, raw: JSON.stringify(raw) });
}
