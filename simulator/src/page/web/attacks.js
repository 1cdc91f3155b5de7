// The tamper buttons: green when the bot refuses, red when it does not.

import { byId, fill, h, icon } from "./dom.js";
import { post } from "./api.js";
import { pick, t } from "./i18n.js";
import { on, state } from "./store.js";

let looked = null;
let all = false;

export function startAttacks() {
  on("state lang mode tried", draw);
  on("tried", (name) => {
    looked = name;
    drawResult();
    if (all) next();
  });
  on("state lang mode", drawResult);
}

const applies = (attack) => attack.modes.includes(state.mode);
const isRunning = (name) => state.tried[name] && state.tried[name].verdict === null;

function draw() {
  const verdicts = Object.values(state.tried).map((tried) => tried.verdict);
  const [good, bad] = ["refused", "accepted"].map((verdict) => verdicts.filter((found) => found === verdict).length);
  byId("attack-score").textContent = good + bad ? t("attack-score", { good, bad }) : "";
  const buttons = state.attacks.filter(applies).map((attack) => {
    const tried = state.tried[attack.name];
    const verdict = tried ? (tried.verdict ?? "running") : "untried";
    const mark = { refused: "check", accepted: "cross" }[verdict];
    const title = tried?.verdict ? t(`verdict-${tried.verdict}`) : attack.name;
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
  all = true;
  state.tried = {};
  draw();
  next();
}

function next() {
  const names = state.attacks.filter(applies).map((attack) => attack.name);
  if (names.some(isRunning)) return;
  const name = names.find((found) => !state.tried[found]);
  if (!name) all = false;
  else run(name);
}

function drawResult() {
  const tried = state.tried[looked];
  const attack = state.attacks.find((found) => found.name === looked);
  if (!tried || !attack) return fill(byId("attack-result"));
  const verdict = tried.verdict ?? "running";
  const attempts = tried.attempts.map(({ expected, passed, detail }) =>
    h("li", { class: passed ? "good" : "bad" }, `${t(expected === "accepted" ? "genuine" : "forged")}：${pick(detail)}`),
  );
  fill(
    byId("attack-result"),
    h(
      "div",
      { class: `result ${verdict}` },
      h("p", {}, h("strong", {}, pick(attack.title)), " — ", tried.verdict ? t(`verdict-${tried.verdict}`) : t("attack-running")),
      attempts.length ? h("ul", {}, attempts) : null,
      tried.verdict === "refused" && !tried.silent ? h("p", { class: "hint" }, t("attack-loud")) : null,
    ),
  );
}
