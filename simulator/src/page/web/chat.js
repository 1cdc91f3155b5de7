// The conversation with one fan.

import { byId, fill, h, roving, setStyle } from "./dom.js";
import { clock, seconds, t } from "./i18n.js";
import { post } from "./api.js";
import { clicked, isCardClick } from "./bot-card.js";
import { drawReply } from "./replies.js";
import { keepEnd } from "./scroll.js";
import { exchangesOf, fan, hasFollowers, hasMembers, on, select, state } from "./store.js";
import { showPane } from "./layout.js";
import { every } from "./ticker.js";
import { drawUserMessage } from "./user-message.js";

const log = byId("log");
const rows = byId("rows");
const toEnd = keepEnd(log, rows);
const FIVE_MINUTES = 5 * 60 * 1000;

/** The rows of each exchange: the user's message and the reply that they see. */
const drawn = new Map();
let lastTime = 0;

export function startChat() {
  on("state fan lang", drawAll);
  on("fans", drawHead);
  on("exchange", update);
  on("selected", markSelected);
  roving(log, ".meta");
  log.addEventListener("click", (event) => {
    // A link or a button in a bubble handles its own clicks.
    if (event.target.closest("a, button:not(.meta)")) return;
    const row = event.target.closest("[data-exchange]");
    if (row) inspect(Number(row.dataset.exchange), event.target.closest(".meta"));
  });
  byId("enter-chat").addEventListener("click", () => post("/api/send", { fan: fan().name, event: "enter_chat" }));
  byId("follow").addEventListener("click", () => {
    const { name, following } = fan();
    post("/api/send", { fan: name, event: following ? "unsubscribe" : "subscribe" });
  });
}

function inspect(id, byMeta) {
  select(id);
  // On a small screen a click on a bubble stays in the chat, one on the line below it opens the inspector.
  if (byMeta) showPane("inspect");
}

function drawHead() {
  const speaker = fan();
  if (!speaker) return;
  byId("account-title").textContent = t(`my-${state.kind}`);
  const known = hasMembers() ? speaker.openid : hasFollowers() ? t(speaker.following ? "following" : "not-following") : null;
  byId("speaker").textContent = [speaker.name, known].filter(Boolean).join(" · ");
  byId("chat-as-group").hidden = byId("enter-chat").hidden = state.kind !== "aibot";
  const follow = byId("follow");
  follow.hidden = !hasFollowers();
  follow.textContent = t(speaker.following ? "unfollow" : "follow");
  follow.classList.toggle("primary", !speaker.following);
}

function drawAll() {
  drawHead();
  const speaker = fan();
  if (!speaker) return;
  drawn.clear();
  lastTime = 0;
  const parts = exchangesOf(speaker.name).flatMap((exchange) => [
    { at: exchange.at_ms, exchange, part: "message" },
    ...(exchange.shown || exchange.bubble ? [{ at: exchange.bubble?.at_ms ?? exchange.done_at_ms, exchange, part: "reply" }] : []),
  ]);
  // A message is before its reply, even in the same millisecond.
  parts.sort((one, other) => one.at - other.at || one.exchange.id - other.exchange.id);
  fill(rows, parts.length ? [] : h("p", { class: "empty" }, t(hasFollowers() ? "welcome-hint" : "welcome-hint-user")));
  for (const { exchange, part } of parts) {
    if (part === "message") addUserMessage(exchange);
    else addReply(exchange);
  }
  markSelected();
  toEnd();
}

function update(exchange) {
  if (exchange.fan !== fan()?.name) return;
  const known = drawn.get(exchange.id);
  if (!known) {
    log.querySelector(".empty")?.remove();
    addUserMessage(exchange);
    toEnd();
    return;
  }
  drawMeta(known.meta, exchange);
  if (exchange.bubble && known.reply) redraw(exchange);
  else if ((exchange.shown || exchange.bubble) && !known.reply) addReply(exchange);
  const owner = isCardClick(exchange) && exchange.bubble ? clicked(exchange) : null;
  if (owner) redraw(owner);
}

/** Draws the bubble of an AI bot again: it has grown, or its card was replaced. */
function redraw(exchange) {
  const known = drawn.get(exchange.id);
  if (!known?.reply) return;
  const row = drawReply(exchange, sendItem, known.reply);
  row.dataset.exchange = exchange.id;
  row.classList.toggle("selected", exchange.id === state.selected);
  known.reply.replaceWith(row);
  known.reply = row;
}

function addTime(at) {
  if (at - lastTime > FIVE_MINUTES) rows.append(h("time", { class: "time" }, clock(at)));
  lastTime = Math.max(at, lastTime);
}

function addUserMessage(exchange) {
  addTime(exchange.at_ms);
  const meta = h("button", { class: "meta", type: "button", data: { key: `meta-${exchange.id}` }, title: t("look-at") });
  const row = drawUserMessage(exchange, meta);
  row.dataset.exchange = exchange.id;
  for (const other of log.querySelectorAll(".meta")) other.tabIndex = -1;
  drawn.set(exchange.id, { row, meta, reply: null });
  drawMeta(meta, exchange);
  rows.append(row);
}

function addReply(exchange) {
  const known = drawn.get(exchange.id);
  const row = drawReply(exchange, sendItem);
  known.reply = row;
  if (!row) return;
  addTime(exchange.bubble?.at_ms ?? exchange.done_at_ms);
  row.dataset.exchange = exchange.id;
  row.classList.toggle("selected", exchange.id === state.selected);
  rows.append(row);
}

/** Sends the item that the user chose in a text menu (msgmenu). */
function sendItem({ content, id }) {
  const fields = [["Content", content], ...(id ? [["bizmsgmenuid", id]] : [])];
  post("/api/send", { fan: fan().name, type: "text", fields });
}

function markSelected() {
  rows.classList.toggle("chosen", state.chosen !== null);
  for (const [id, { row, reply }] of drawn) {
    row.classList.toggle("selected", id === state.selected);
    reply?.classList.toggle("selected", id === state.selected);
  }
}

/** The line below a message: the state of its deliveries. */
function drawMeta(meta, exchange) {
  const { running, lanes, shown } = exchange;
  meta.classList.toggle("going", !shown);
  if (running) {
    const ring = h("span", { class: "ring", "aria-hidden": "true" });
    const text = h("span", { "aria-live": "off" });
    setStyle(ring, { "--limit": `${state.rules.timeout_ms}ms`, "--since": `${running.since - performance.now()}ms` });
    meta.replaceChildren(ring, text);
    const limit = (state.rules.timeout_ms / 1000).toFixed(1);
    every(() => {
      const now = Math.min(performance.now() - running.since, state.rules.timeout_ms);
      text.textContent = t("meta-running", { n: running.number, now: (now / 1000).toFixed(1), limit });
      return meta.contains(text);
    });
    return;
  }
  if (!shown) {
    meta.replaceChildren(t(exchange.bubble ? "meta-growing" : lanes.length ? "meta-waiting" : "meta-queued"));
    return;
  }
  const last = lanes[lanes.length - 1];
  // The refreshes of an AI bot's answer are the last lane, and their count stands below the answer.
  const own = exchange.refreshes ? lanes.slice(0, -1) : lanes;
  const parts = own.length > 1 ? own.map((lane) => t(`meta-${lane.ending}`, { n: lane.number })) : [];
  if (own.length === 1 && exchange.refreshes) parts.push(seconds(own[0].took_ms));
  else if (lanes.length === 1) parts.push(last.ending === "answered" ? seconds(last.took_ms) : t(`meta-${last.ending}`, { n: 1 }));
  if (shown.shown === "nothing") parts.push(t("meta-nothing"));
  meta.replaceChildren(parts.join(" · "), " ", h("span", { class: last?.passed ? "good" : "bad" }, last?.passed ? "✓" : "✗"));
}
