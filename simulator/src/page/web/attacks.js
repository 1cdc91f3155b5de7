// The attack buttons: green if the bot refuses, red if it does not.

import { byId, fill, h, icon } from "./dom.js";
import { post } from "./api.js";
import { pick, t } from "./i18n.js";
import { on, state } from "./store.js";

let shown = null;
let runningAll = false;

export function startAttacks() {
  on("state lang mode attack", draw);
  on("attack", (name) => {
    shown = name;
    drawResult();
    if (runningAll) next();
  });
  on("state lang mode", drawResult);
}

const applies = (attack) => attack.modes.includes(state.mode);
const isRunning = (name) => state.attack_statuses[name] && state.attack_statuses[name].verdict === null;

function draw() {
  const verdicts = Object.values(state.attack_statuses).map((status) => status.verdict);
  const [good, bad] = ["refused", "accepted"].map((verdict) => verdicts.filter((found) => found === verdict).length);
  byId("attack-score").textContent = good + bad ? t("attack-score", { good, bad }) : "";
  const buttons = state.attacks.filter(applies).map((attack) => {
    const status = state.attack_statuses[attack.name];
    const verdict = status ? (status.verdict ?? "running") : "untried";
    const mark = { refused: "check", accepted: "cross" }[verdict];
    const title = status?.verdict ? t(`verdict-${status.verdict}`) : attack.name;
    return h(
      "button",
      { type: "button", class: `chip ${verdict}`, title, data: { key: `attack-${attack.name}`, attack: attack.name }, onclick: () => run(attack.name) },
      verdict === "running" ? h("span", { class: "spin", "aria-hidden": "true" }) : mark ? icon(mark) : null,
      pick(attack.title),
    );
  });
  const every = h("button", { type: "button", class: "chip all", data: { key: "attack-all" }, onclick: runAll }, icon("shield"), t("attack-all"));
  fill(byId("attacks"), every, buttons);
}

function run(name) {
  if (!isRunning(name)) post("/api/attack", { name });
}

/** One after another: the slow ones take seconds. */
function runAll() {
  runningAll = true;
  state.attack_statuses = {};
  draw();
  next();
}

function next() {
  const names = state.attacks.filter(applies).map((attack) => attack.name);
  if (names.some(isRunning)) return;
  const name = names.find((found) => !state.attack_statuses[found]);
  if (!name) runningAll = false;
  else run(name);
}

function drawResult() {
  const status = state.attack_statuses[shown];
  const attack = state.attacks.find((found) => found.name === shown);
  if (!status || !attack) return fill(byId("attack-result"));
  const verdict = status.verdict ?? "running";
  const probes = status.probes.map(({ expected, passed, detail }) =>
    h("li", { class: passed ? "good" : "bad" }, t("labelled", { label: t(expected === "accepted" ? "genuine" : "forged"), text: pick(detail) })),
  );
  fill(
    byId("attack-result"),
    h(
      "div",
      { class: `result ${verdict}` },
      h("p", {}, h("strong", {}, pick(attack.title)), " — ", status.verdict ? t(`verdict-${status.verdict}`) : t("attack-running")),
      probes.length ? h("ul", {}, probes) : null,
      status.verdict === "refused" && !status.silent ? h("p", { class: "hint" }, t("attack-loud")) : null,
    ),
  );
}
