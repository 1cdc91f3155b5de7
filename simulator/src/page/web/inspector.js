// The inspector of one message: its timeline, a diagnosis, and the details of each delivery.

import { byId, fill, h, icon, roving } from "./dom.js";
import { get } from "./api.js";
import { pick, seconds, t } from "./i18n.js";
import * as panels from "./panels.js";
import { prefs, remember } from "./prefs.js";
import { on, state } from "./store.js";
import { timeline } from "./timeline.js";

const root = byId("inspect");
const TABS = ["overview", "signatures", "request", "answer", "again"];

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
    delivery ? tabs(exchange, delivery) : null,
  );
}

function heading(exchange) {
  const { kind, field, is_event, mode } = exchange;
  const subject = is_event ? (field.EventKey ?? "") : (field.Content ?? field.Title ?? field.Label ?? "");
  const id = field.MsgId ? `MsgId ${field.MsgId}` : `CreateTime ${field.CreateTime ?? "—"}`;
  return h(
    "header",
    { class: "subject" },
    h("h2", {}, h("code", {}, kind || "raw"), " ", subject),
    h("p", { class: "mono" }, `${exchange.fan} · ${t(mode)} · ${id}`),
  );
}

function diagnosis(exchange) {
  const { shown, lanes, fan } = exchange;
  const { timeout_ms, interval_ms, deliveries, failure_notice: notice } = state.rules;
  const limit = (deliveries - 1) * Math.max(interval_ms, timeout_ms) + timeout_ms;
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

const box = (kind, title, text) => h("div", { class: `diagnosis ${kind}` }, h("strong", {}, title), h("div", {}, text));

function tabs(exchange, delivery) {
  const current = TABS.includes(prefs.tab) ? prefs.tab : "overview";
  const bar = h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": t("detail-tabs") },
    TABS.map((name) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "aria-selected": String(name === current),
          "aria-controls": "panel",
          tabindex: name === current ? "0" : "-1",
          data: { key: `tab-${name}` },
          onclick: () => (remember({ tab: name }), draw()),
          onfocus: () => name !== (prefs.tab ?? "overview") && (remember({ tab: name }), draw()),
        },
        t(`tab-${name}`),
      ),
    ),
  );
  roving(bar, "[role=tab]");
  const panel = h("div", { id: "panel", role: "tabpanel", "aria-labelledby": `tab-${current}` }, panels[current](exchange, detail, delivery));
  return h("div", { class: "detail" }, bar, panel);
}
