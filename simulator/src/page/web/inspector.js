// The inspector of one message: its timeline, a diagnosis, and the details of each delivery.

import { byId, fill, h, icon } from "./dom.js";
import { get } from "./api.js";
import { event, isEvent, notice as noticeOf } from "./descriptions.js";
import { drawForged, startForged } from "./forged.js";
import { pick, seconds, t } from "./i18n.js";
import { kindTitle } from "./kinds.js";
import * as panels from "./panels.js";
import { on, select, state } from "./store.js";
import { tabs } from "./tabs.js";
import { timeline } from "./timeline.js";

const root = byId("inspect");

let detail = null;
/** The number of the chosen delivery, or null for the last one. */
let chosen = null;

export function startInspector() {
  on("selected", () => {
    chosen = null;
    load();
  });
  on("exchange", (exchange) => exchange.id === state.selected && load());
  on("lang secrets state verified", draw);
  startForged(draw);
  draw();
}

async function load() {
  const id = state.selected;
  if (id === null) detail = null;
  if (detail?.id !== id) detail = null;
  draw();
  if (id === null) return;
  const found = await get(`/api/exchanges/${id}`);
  if (id !== state.selected) return;
  // The answer to an earlier request can arrive later.
  if (found && (!detail || found.deliveries.length >= detail.deliveries.length)) detail = found;
  draw();
}

function draw() {
  if (state.forged) return drawForged(root);
  const exchange = state.exchanges.get(state.selected);
  if (!exchange) {
    const { verified } = state;
    const failed = verified && !verified.passed ? box("bad", t("not-verified"), pick(verified.explanation)) : null;
    fill(root, failed, failed && panels.botLog(verified.log), h("div", { class: "nothing" }, icon("list"), h("p", {}, t("nothing-selected"))));
    return;
  }
  const numbers = [...exchange.lanes.map((lane) => lane.number), ...(exchange.running ? [exchange.running.number] : [])];
  const number = numbers.includes(chosen) ? chosen : numbers.at(-1);
  const delivery = detail && [...detail.deliveries, detail.running].find((found) => found?.number === number);
  fill(
    root,
    heading(exchange),
    timeline(exchange, number, (other) => ((chosen = other), draw())),
    diagnosis(exchange),
    delivery ? tabs(panelsOf(exchange, delivery), draw) : null,
  );
  showTab();
}

function heading(exchange) {
  const { kind, field, is_event, mode } = exchange;
  const subject = isEvent(exchange) ? event(exchange) : (field.Content ?? field["text.content"] ?? field.Title ?? field.Label ?? "");
  const title = kindTitle(kind, is_event) ?? (is_event ? t("unknown-event") : kind || t(`raw-${state.format}`));
  const names = [is_event ? `Event ${kind}` : kind && `MsgType ${kind}`, field.EventKey && `EventKey ${field.EventKey}`];
  const id = (field.MsgId ?? field.msgid) ? `MsgId ${field.MsgId ?? field.msgid}` : `CreateTime ${field.CreateTime ?? "—"}`;
  return h(
    "header",
    { class: "subject" },
    h("h2", {}, h("span", { class: "kind" }, title), " ", subject),
    h("p", { class: "mono" }, [exchange.fan, t(mode), ...names, id].filter(Boolean).join(" · ")),
    state.chosen === null ? null : h("button", { type: "button", class: "small", id: "follow-newest", data: { key: "follow-newest" }, onclick: () => select(null) }, icon("down"), t("follow-newest")),
  );
}

function diagnosis(exchange) {
  const { shown, lanes, fan } = exchange;
  const { timeout_ms, interval_ms, deliveries } = state.rules;
  const notice = noticeOf(exchange);
  const limit = (deliveries - 1) * Math.max(interval_ms, timeout_ms) + timeout_ms;
  if (!shown && exchange.bubble) return box("going", t("diag-growing"), t("diag-growing-text"));
  if (!shown) return box("going", t("diag-running"), t("diag-running-text", { limit: seconds(timeout_ms), n: deliveries }));
  const last = lanes.at(-1);
  const took = last ? last.started_ms + last.took_ms : 0;
  if (shown.shown === "failure_notice") {
    const failed = detail?.deliveries.at(-1)?.reading.checks.filter((check) => !check.passed) ?? [];
    return box("bad", t("diag-failure", { fan, notice }), h("ul", {}, failed.map((check) => h("li", {}, pick(check.detail)))));
  }
  if (shown.shown === "nothing") {
    const left = exchange.is_event && exchange.kind.toLowerCase() === "unsubscribe";
    return box("quiet", t("diag-nothing", { fan }), t(left ? "diag-unfollow-text" : "diag-nothing-text"));
  }
  if (took > limit * 0.6) {
    const values = { took: seconds(took), limit: seconds(limit), fan, notice };
    return box("warn", t("diag-late", { left: seconds(Math.max(limit - took, 0)) }), t("diag-late-text", values));
  }
  return box("good", t("diag-reply", { fan }), t("diag-reply-text", { took: seconds(took), n: lanes.length }));
}

/** Not all tabs are in view on a small screen. */
function showTab() {
  const tab = root.querySelector("[aria-selected=true]");
  if (!tab) return;
  const bar = tab.parentElement.getBoundingClientRect();
  const { left, right } = tab.getBoundingClientRect();
  if (right > bar.right) tab.parentElement.scrollLeft += right - bar.right;
  else if (left < bar.left) tab.parentElement.scrollLeft -= bar.left - left;
}

const box = (kind, title, text) => h("div", { class: `diagnosis ${kind}` }, h("strong", {}, title), h("div", {}, text));

function panelsOf(exchange, delivery) {
  const names = ["overview", "signatures", "request", "answer", "again"];
  return Object.fromEntries(names.map((name) => [name, () => panels[name](exchange, detail, delivery)]));
}
