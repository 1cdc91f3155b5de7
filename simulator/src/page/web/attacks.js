// The attacks, folded behind a button with their score. Their own buttons are green if the bot refuses, red if not.

import { byId, fill, h, icon } from "./dom.js";
import { post } from "./api.js";
import { pick, t } from "./i18n.js";
import { showPane } from "./layout.js";
import { prefs, remember } from "./prefs.js";
import { inspectAttack, on, state } from "./store.js";

/** How many of the attacks that were not refused are listed while all are folded. */
const MISSED = 3;

let shown = null;
let runningAll = false;

export function startAttacks() {
  byId("attack-fold").addEventListener("click", unfold);
  byId("attack-all").addEventListener("click", runAll);
  on("state lang mode attack", draw);
  on("attack", (name) => {
    shown = name;
    drawResult();
    if (runningAll) next();
  });
  on("state lang mode", drawResult);
  // The attacks of another mode are others, and what happened while the connection was lost is in the state.
  on("mode", stop);
  on("state", () => runningAll && next());
}

function unfold() {
  remember({ attacks: !prefs.attacks });
  draw();
  byId("attack-fold").focus();
}

const applicable = () =>
  state.attacks.filter(({ accounts, formats, modes }) => accounts.includes(state.kind) && formats.includes(state.format) && modes.includes(state.mode));
const verdictOf = ({ name }) => state.attack_statuses[name]?.verdict;
const isRunning = (name) => state.attack_statuses[name]?.verdict === null;

function draw() {
  if (!state.loaded) return;
  const attacks = applicable();
  drawFold(attacks);
  const buttons = attacks.map((attack) => {
    const status = state.attack_statuses[attack.name];
    const verdict = status ? (status.verdict ?? "running") : "untried";
    const mark = { refused: "check", accepted: "cross" }[verdict];
    const word = status?.verdict ? t(`verdict-${status.verdict}`) : verdict === "running" ? t("attack-running") : null;
    return h(
      "button",
      { type: "button", class: `chip ${verdict}`, title: word ?? attack.name, data: { key: `attack-${attack.name}`, attack: attack.name }, onclick: () => run(attack.name) },
      verdict === "running" ? h("span", { class: "spin", "aria-hidden": "true" }) : mark ? icon(mark) : null,
      pick(attack.title),
      word ? h("span", { class: "hidden" }, ` (${word})`) : null,
    );
  });
  fill(byId("attacks"), buttons);
}

/** What is seen of the attacks while they are folded: their number and score, and those that succeeded. */
function drawFold(attacks) {
  const [good, bad] = ["refused", "accepted"].map((verdict) => attacks.filter((attack) => verdictOf(attack) === verdict).length);
  const open = prefs.attacks === true;
  byId("attack-fold").setAttribute("aria-expanded", String(open));
  byId("attack-panel").hidden = !open;
  fill(byId("attack-count"), t("attack-count", { n: attacks.length }));
  fill(
    byId("attack-score"),
    good ? h("span", { class: "good" }, `${good} `, icon("check"), h("span", { class: "hidden" }, t("verdict-refused"))) : null,
    bad ? h("span", { class: "bad" }, `${bad} `, icon("cross"), h("span", { class: "hidden" }, t("verdict-accepted"))) : null,
  );
  const progress = byId("attack-progress");
  progress.hidden = !runningAll;
  progress.max = attacks.length;
  progress.value = attacks.filter((attack) => verdictOf(attack)).length;
  byId("attack-all").disabled = runningAll;
  if (!runningAll && good + bad) byId("attack-news").textContent = t("attack-score", { good, bad });
  const missed = attacks.filter((attack) => !["refused", null, undefined].includes(verdictOf(attack)));
  const items = missed.slice(0, MISSED).map(({ name, title }) => h("li", {}, look(name, 0, `missed-${name}`, pick(title), " — ", t(`verdict-${verdictOf({ name })}`))));
  const rest = missed.length - items.length;
  if (rest) items.push(h("li", {}, h("button", { type: "button", class: "look", data: { key: "missed-rest" }, onclick: unfold }, t("attack-more", { n: rest }))));
  fill(byId("attack-missed"), open ? [] : items);
}

/** A button that opens a request of an attack in the inspector. */
function look(name, probe, key, ...children) {
  const open = () => (inspectAttack(name, probe), showPane("inspect"));
  return h("button", { type: "button", class: "look", title: t("look-at-request"), data: { key }, onclick: open }, ...children);
}

async function run(name) {
  if (isRunning(name)) return;
  if (!(await post("/api/attack", { name }))) stop();
}

function stop() {
  runningAll = false;
  draw();
}

/** One after another: the slow ones take seconds. */
function runAll() {
  runningAll = true;
  state.attack_statuses = {};
  draw();
  next();
}

function next() {
  const names = applicable().map((attack) => attack.name);
  if (names.some(isRunning)) return;
  const name = names.find((found) => !state.attack_statuses[found]);
  if (name) run(name);
  else stop();
}

function drawResult() {
  const status = state.attack_statuses[shown];
  const attack = state.attacks.find((found) => found.name === shown);
  if (!status || !attack) return fill(byId("attack-result"));
  const verdict = status.verdict ?? "running";
  const probes = status.probes.map(({ expected, passed, detail }, at) =>
    h(
      "li",
      { class: passed ? "good" : "bad" },
      look(shown, at, `probe-${at}`, icon(passed ? "check" : "cross"), h("span", {}, t("labelled", { label: t(expected === "accepted" ? "genuine" : "forged"), text: pick(detail) }))),
    ),
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
