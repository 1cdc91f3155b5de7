// The deliveries of one message, each as a lane on a common time axis. A click on a lane selects it.

import { h, setStyle } from "./dom.js";
import { seconds, t } from "./i18n.js";
import { state } from "./store.js";
import { every } from "./ticker.js";

/** `chosen` is the number of the selected delivery; `choose` is called with the number of a clicked one. */
export function timeline(exchange, chosen, choose) {
  const { timeout_ms, interval_ms, deliveries } = state.rules;
  const started = exchange.lanes.length + (exchange.running ? 1 : 0);
  // A quick answer needs only the time of the first delivery. A status other than 200 is retried at once, and more
  // often than a timeout.
  const lanes = !exchange.shown || started > 1 ? Math.max(deliveries, started) : 1;
  const ended = exchange.lanes.map((lane) => lane.started_ms + lane.took_ms);
  const axis = Math.max((lanes - 1) * Math.max(interval_ms, timeout_ms) + timeout_ms, ...ended);
  const rows = [];
  for (let number = 1; number <= lanes; number += 1) {
    rows.push(row(exchange, number, axis, number === chosen, choose));
  }
  return h("div", { class: "timeline" }, h("div", { class: "lanes", role: "group", "aria-label": t("deliveries") }, rows), ticks(axis, timeout_ms));
}

function row(exchange, number, axis, chosen, choose) {
  const lane = exchange.lanes.find((found) => found.number === number);
  const running = exchange.running?.number === number ? exchange.running : null;
  const name = h("span", { class: "lane-name" }, t("delivery", { n: number }), number > 1 ? h("small", {}, ` ${number === exchange.lanes.length && exchange.refreshes ? t("refreshes", { n: exchange.refreshes }) : t("repeat")}`) : null);
  if (!lane && !running) {
    const text = t(exchange.shown ? "lane-not-needed" : "lane-pending");
    return h("div", { class: "lane idle" }, name, h("span", { class: "track" }, h("span", { class: "lane-words" }, text)));
  }
  const bar = h("span", { class: `bar ${lane ? colour(lane) : "running"}` });
  const track = h("span", { class: "track" }, bar);
  if (lane) {
    const text = t(`lane-${lane.ending}`, { took: seconds(lane.took_ms), status: lane.status });
    place(bar, lane.started_ms, lane.took_ms, axis);
    track.append(label(text, bar, lane.started_ms, lane.took_ms, axis));
  } else {
    const text = label("", bar, running.started_ms, 0, axis);
    track.append(text);
    let drawn = false;
    every(() => {
      const took = performance.now() - running.since;
      place(bar, running.started_ms, took, axis);
      text.textContent = `${t("lane-running")} ${(took / 1000).toFixed(1)} s`;
      const right = (running.started_ms + took) / axis;
      text.className = right > 0.6 ? "lane-words inside" : "lane-words";
      setStyle(text, right > 0.6 ? { "--at": percent(running.started_ms / axis) } : { "--at": percent(right) });
      // The bar is only removed from the page after it was in it.
      drawn ||= bar.isConnected;
      return bar.isConnected || !drawn;
    });
  }
  return h(
    "button",
    { type: "button", class: "lane", "aria-pressed": String(chosen), data: { key: `lane-${number}`, ending: lane?.ending ?? "running" }, onclick: () => choose(number) },
    name,
    track,
  );
}

const percent = (part) => `${(Math.min(Math.max(part, 0), 1) * 100).toFixed(2)}%`;

function place(bar, from, took, axis) {
  setStyle(bar, { "--from": percent(from / axis), "--width": percent(Math.min(took, axis - from) / axis) });
}

/** Inside the bar if there is room, else after it, or before it at the end of the axis. */
function label(text, bar, from, took, axis) {
  const inside = took / axis > 0.22;
  const before = !inside && (from + took) / axis > 0.7;
  const place = inside ? "inside" : before ? "before" : "";
  const at = inside ? from : before ? axis - from : from + took;
  return h("span", { class: `lane-words ${place}`, style: { "--at": percent(at / axis) } }, text);
}

function colour(lane) {
  if (lane.ending !== "answered") return "lost";
  return lane.passed ? "right" : "wrong";
}

function ticks(axis, step) {
  const marks = [];
  for (let at = 0; at <= axis + 1; at += step) {
    const text = step < 1000 ? `${at} ms` : `${Number((at / 1000).toFixed(1))} s`;
    const edge = at === 0 ? "first" : at > axis - step / 3 ? "last" : "";
    marks.push(h("span", { class: edge, style: { "--at": percent(at / axis) } }, text));
  }
  return h("div", { class: "ticks", "aria-hidden": "true" }, marks);
}
