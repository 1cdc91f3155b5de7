// The conversation with one fan.

import { byId, fill, h, roving, setStyle } from "./dom.js";
import { clock, seconds, t } from "./i18n.js";
import { post } from "./api.js";
import { drawReply } from "./replies.js";
import { drawSaid } from "./said.js";
import { exchangesOf, fan, on, select, state } from "./store.js";
import { showPane } from "./layout.js";
import { every } from "./ticker.js";

const log = byId("log");
const FIVE_MINUTES = 5 * 60 * 1000;

/** Per exchange: what the fan did, and what he sees of it. */
const drawn = new Map();
let lastTime = 0;

export function startChat() {
  on("state fan lang", drawAll);
  on("fans", drawHead);
  on("exchange", update);
  on("selected", markSelected);
  roving(log, ".meta");
  log.addEventListener("click", (event) => {
    // A link or a button in a bubble is its own.
    if (event.target.closest("a, button:not(.meta)")) return;
    const row = event.target.closest("[data-exchange]");
    if (row) lookAt(Number(row.dataset.exchange), event.target.closest(".meta"));
  });
  byId("follow").addEventListener("click", () => {
    const { name, following } = fan();
    post("/api/send", { fan: name, event: following ? "unsubscribe" : "subscribe" });
  });
}

function lookAt(id, asked) {
  select(id);
  // Where one pane alone is shown, a bubble is for reading and its line below for looking behind it.
  if (asked) showPane("inspect");
}

function drawHead() {
  const speaker = fan();
  if (!speaker) return;
  byId("speaker").textContent = `${speaker.name} · ${t(speaker.following ? "following" : "not-following")}`;
  const follow = byId("follow");
  follow.textContent = t(speaker.following ? "unfollow" : "follow");
  follow.classList.toggle("primary", !speaker.following);
}

function drawAll() {
  drawHead();
  const speaker = fan();
  if (!speaker) return;
  drawn.clear();
  lastTime = 0;
  const happened = exchangesOf(speaker.name).flatMap((exchange) => [
    { at: exchange.at_ms, exchange, part: "said" },
    ...(exchange.shown ? [{ at: exchange.done_at_ms, exchange, part: "shown" }] : []),
  ]);
  // What a fan did stands before what comes of it, be it in the same millisecond.
  happened.sort((one, other) => one.at - other.at || one.exchange.id - other.exchange.id);
  fill(log, happened.length ? [] : h("p", { class: "empty" }, t("welcome-hint")));
  for (const { exchange, part } of happened) {
    if (part === "said") addSaid(exchange);
    else addShown(exchange);
  }
  markSelected();
  toEnd();
}

function update(exchange) {
  if (exchange.fan !== fan()?.name) return;
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  const known = drawn.get(exchange.id);
  if (!known) {
    log.querySelector(".empty")?.remove();
    addSaid(exchange);
    toEnd();
    return;
  }
  drawMeta(known.meta, exchange);
  if (exchange.shown && !known.shown) addShown(exchange);
  if (near) toEnd();
}

const toEnd = () => (log.scrollTop = log.scrollHeight);

function addTime(at) {
  if (at - lastTime > FIVE_MINUTES) log.append(h("time", { class: "time" }, clock(at)));
  lastTime = Math.max(at, lastTime);
}

function addSaid(exchange) {
  addTime(exchange.at_ms);
  const meta = h("button", { class: "meta", type: "button", data: { key: `meta-${exchange.id}` }, title: t("look-at") });
  const row = drawSaid(exchange, meta);
  row.dataset.exchange = exchange.id;
  for (const other of log.querySelectorAll(".meta")) other.tabIndex = -1;
  drawn.set(exchange.id, { row, meta, shown: null });
  drawMeta(meta, exchange);
  log.append(row);
}

function addShown(exchange) {
  const known = drawn.get(exchange.id);
  const row = drawReply(exchange, sayItem);
  known.shown = row;
  if (!row) return;
  addTime(exchange.done_at_ms);
  row.dataset.exchange = exchange.id;
  row.classList.toggle("selected", exchange.id === state.selected);
  log.append(row);
}

/** What a user picked in a menu in a text. */
function sayItem({ content, id }) {
  const fields = [["Content", content], ...(id ? [["bizmsgmenuid", id]] : [])];
  post("/api/send", { fan: fan().name, type: "text", fields });
}

function markSelected() {
  for (const [id, { row, shown }] of drawn) {
    row.classList.toggle("selected", id === state.selected);
    shown?.classList.toggle("selected", id === state.selected);
  }
}

/** The line below what a fan did: how its deliveries go. */
function drawMeta(meta, exchange) {
  const { running, lanes, shown } = exchange;
  meta.classList.toggle("going", !shown);
  if (running) {
    const ring = h("span", { class: "ring", "aria-hidden": "true" });
    const words = h("span", { "aria-live": "off" });
    setStyle(ring, { "--limit": `${state.rules.timeout_ms}ms`, "--since": `${running.since - performance.now()}ms` });
    meta.replaceChildren(ring, words);
    const limit = (state.rules.timeout_ms / 1000).toFixed(1);
    every(() => {
      const now = Math.min(performance.now() - running.since, state.rules.timeout_ms);
      words.textContent = t("meta-running", { n: running.number, now: (now / 1000).toFixed(1), limit });
      return meta.contains(words);
    });
    return;
  }
  if (!shown) {
    meta.replaceChildren(t(lanes.length ? "meta-waiting" : "meta-queued"));
    return;
  }
  const last = lanes[lanes.length - 1];
  const parts = lanes.length > 1 ? lanes.map((lane) => t(`meta-${lane.ending}`, { n: lane.number })) : [];
  if (lanes.length === 1) parts.push(last.ending === "answered" ? seconds(last.took_ms) : t(`meta-${last.ending}`, { n: 1 }));
  if (shown.shown === "nothing") parts.push(t("meta-nothing"));
  meta.replaceChildren(parts.join(" · "), " ", h("span", { class: last?.passed ? "good" : "bad" }, last?.passed ? "✓" : "✗"));
}
