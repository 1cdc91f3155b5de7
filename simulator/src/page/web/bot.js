// The bar of a bot that the simulator starts: what it is doing, its last lines when it has stopped, and those of a build
// that has failed.

import { post } from "./api.js";
import { byId, fill, h } from "./dom.js";
import { pick, t } from "./i18n.js";
import { on, state } from "./store.js";

const root = byId("bot");

export function startBot() {
  on("state bot lang", draw);
}

function draw() {
  const { bot } = state;
  const parts = bot ? [ofBuild(bot), ofBot(bot)].filter(Boolean) : [];
  root.hidden = parts.length === 0;
  document.body.classList.toggle("with-bot", parts.length > 0);
  fill(root, parts);
  // Screen readers are told what has changed, and not each line.
  const said = [...root.querySelectorAll("strong")].map((title) => title.textContent).join(" ");
  if (byId("bot-said").textContent !== said) byId("bot-said").textContent = said;
  // The cause stands at the end of what was printed.
  for (const lines of root.querySelectorAll("pre")) lines.scrollTop = lines.scrollHeight;
}

function ofBot(bot) {
  switch (bot.state) {
    case "starting":
      return starting(bot);
    case "restarting":
      return going(t("bot-restarting"), []);
    case "stopped":
      return down(t("bot-stopped", { reason: pick(bot.reason) }), bot.lines, restartButton());
    default:
      return null;
  }
}

function starting(bot) {
  // Without a bot there is only the build.
  if (bot.build !== "succeeded") return null;
  const compiles = /^\s*(Compiling|Checking|Downloading|Downloaded) /.test(bot.lines.at(-1) ?? "");
  return going(t(compiles ? "building" : "bot-starting"), bot.lines, pick(bot.hint));
}

function ofBuild(bot) {
  const goesOn = bot.state === "listening";
  if (bot.build === "running") return going(t("building"), bot.build_lines);
  if (bot.build === "failed") return down(t(goesOn ? "build-failed-old" : "build-failed"), bot.build_lines, null);
  return null;
}

function going(title, lines, hint) {
  const last = h("code", {}, lines.at(-1) ?? "");
  return h("div", { class: "bot going" }, h("i", { class: "spin" }), h("strong", {}, title), last, hint ? h("p", {}, hint) : null);
}

function down(title, lines, button) {
  const printed = lines.length > 0 ? h("pre", { tabindex: "0", role: "group", "aria-label": t("last-lines"), data: { key: title } }, lines.join("\n")) : null;
  return h("div", { class: "bot down" }, h("div", { class: "bot-title" }, h("strong", {}, title), button), printed);
}

function restartButton() {
  return h("button", { type: "button", class: "small", data: { key: "restart" }, onclick: () => post("/api/restart") }, t("restart"));
}
