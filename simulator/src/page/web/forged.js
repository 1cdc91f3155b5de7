// The inspector of an attack: its requests, and for one of them what is forged, how it was sent and what the bot did.

import { fill, h, icon } from "./dom.js";
import { get } from "./api.js";
import { pick, seconds, t } from "./i18n.js";
import * as panels from "./panels.js";
import { on, inspectAttack, state } from "./store.js";
import { tabs } from "./tabs.js";

let detail = null;
let drawAgain = () => {};

/** `draw` draws the inspector. */
export function startForged(draw) {
  drawAgain = draw;
  on("selected", () => state.forged && load());
  on("attack", (name) => state.forged?.name === name && load());
  on("mode", () => state.forged && inspectAttack(null));
}

async function load() {
  const { name } = state.forged;
  if (detail?.name !== name) detail = null;
  const found = await get(`/api/attacks/${name}`);
  if (state.forged?.name !== name) return;
  detail = found;
  drawAgain();
}

export function drawForged(root) {
  const { name, probe: chosen } = state.forged;
  const attack = state.attacks.find((found) => found.name === name);
  const probes = detail?.name === name ? detail.probes : [];
  const number = Math.min(chosen, probes.length - 1);
  const probe = probes[number];
  const scrolled = root.querySelector(".probes")?.scrollTop ?? 0;
  fill(
    root,
    h("header", { class: "subject" }, h("h2", {}, h("code", { class: "kind" }, t("attack")), " ", pick(attack?.title)), h("p", { class: "mono" }, `${name} · ${t(state.mode)}`)),
    h("div", { class: "probes", role: "group", "aria-label": t("probes") }, probes.map((found, at) => choice(found, at, at === number, name))),
    probe ? [verdict(probe), tabs(panelsOf(probes, probe), drawAgain)] : h("p", { class: "hint" }, t("attack-running")),
  );
  root.querySelector(".probes").scrollTop = scrolled;
}

const genuine = ({ expected }) => expected === "accepted";

function choice(probe, at, current, name) {
  return h(
    "button",
    { type: "button", class: `lane probe ${probe.passed ? "good" : "bad"}`, "aria-pressed": String(current), data: { key: `look-${at}` }, onclick: () => inspectAttack(name, at) },
    h("span", { class: "lane-name" }, icon(probe.passed ? "check" : "cross"), `${at + 1} `, t(genuine(probe) ? "genuine" : "forged")),
    h("span", { class: "probe-text" }, pick(probe.forgery)),
    h("span", { class: "probe-end" }, `${pick(probe.detail)} · ${seconds(probe.took_ms)}`),
  );
}

function verdict(probe) {
  const { passed, silent, expected, may_hang_up, detail: found } = probe;
  const wanted = expected === "accepted" ? "expect-accepted" : may_hang_up ? "expect-refused-or-closed" : "expect-refused";
  const title = t(probe.ending.ending === "unreachable" ? "verdict-unreachable" : passed ? (genuine(probe) ? "probe-accepted" : "probe-refused") : genuine(probe) ? "probe-unclear" : "probe-vulnerable");
  const loud = expected === "refused" && passed && !silent ? h("p", {}, t("attack-loud")) : null;
  return h(
    "div",
    { class: `diagnosis ${passed ? "good" : "bad"}` },
    h("strong", {}, title),
    h("div", {}, h("p", {}, t("labelled", { label: t("expected"), text: t(wanted) })), h("p", {}, t("labelled", { label: t("found"), text: pick(found) })), loud),
  );
}

function panelsOf(probes, probe) {
  return {
    overview: () => overview(probes, probe),
    signatures: () => panels.signatures(null, null, probe),
    request: () => panels.request(null, null, probe),
    answer: () => panels.answer(null, null, probe),
    again: () => [
      panels.command(t("as-attack"), t("as-attack-hint"), detail.command, "as-command"),
      probe.curl ? panels.command(t("as-curl"), t("as-curl-hint"), probe.curl, "as-curl") : h("p", { class: "hint" }, t("no-curl")),
    ],
  };
}

/** What is forged; beside the genuine request, if the attack sent one. */
function overview(probes, probe) {
  const other = genuine(probe) ? probes.find((found) => !genuine(found)) : probes.find(genuine);
  const said = panels.block(t("what-is-forged"), h("p", {}, pick(probe.forgery)), probe.pace ? h("p", { class: "hint" }, t(`pace-${probe.pace}`)) : null);
  if (!other) return [said, panels.sent(probe, t("raw-request"))];
  const [first, second] = genuine(probe) ? [probe, other] : [other, probe];
  return [said, h("div", { class: "two" }, panels.sent(first, t("genuine")), panels.sent(second, t("forged")))];
}
