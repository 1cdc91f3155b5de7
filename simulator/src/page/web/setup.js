// The header, the mode, the account and its secrets, and WeChat's rules.

import { byId, fill, h, icon } from "./dom.js";
import { post } from "./api.js";
import { copy, notify } from "./layout.js";
import { pick, seconds, switchLang, t, translatePage } from "./i18n.js";
import { emit, hasMenu, on, state } from "./store.js";

/** The secrets while they are shown, else null. */
let secrets = null;
/** Whether this browser requested a verification. */
let requested = false;

export const token = () => secrets?.token;

export async function toggleSecrets() {
  secrets = secrets ? null : await post("/api/secrets");
  emit("secrets");
}

export function startSetup() {
  byId("lang").addEventListener("click", () => {
    switchLang();
    translatePage();
    emit("lang");
  });
  byId("verified").addEventListener("click", async () => {
    requested = true;
    await post("/api/verify");
  });
  byId("clear").addEventListener("click", () => post("/api/clear"));
  on("state lang verified bot", drawVerified);
  byId("split-cdata").addEventListener("change", (event) => post("/api/split-cdata", { split_cdata: event.target.checked }));
  byId("account-kind").addEventListener("change", (event) => post("/api/account", { kind: event.target.value }));
  on("state lang", drawKind);
  on("state lang mode", drawModes);
  on("state split-cdata", () => {
    byId("split-cdata").checked = state.split_cdata;
  });
  on("state lang secrets", drawAccount);
  on("state lang", drawRules);
  translatePage();
}

function drawVerified() {
  if (!state.loaded) return;
  // The browser that requested it also shows a notice.
  if (requested && state.verified) {
    notify(pick(state.verified.explanation), state.verified.passed ? "good" : "bad");
    requested = false;
  }
  const url = state.in_process ? `${t("in-process")} ${new URL(state.bot_url).pathname}` : state.bot_url;
  byId("bot-url").textContent = `→ ${url}`;
  byId("bot-url").title = state.bot_url;
  const pill = byId("verified");
  const { verified } = state;
  pill.classList.toggle("right", verified?.passed === true);
  pill.classList.toggle("wrong", verified?.passed === false);
  pill.title = verified ? `${pick(verified.explanation)} — ${t("verify-again")}` : t("verify-again");
  const down = state.bot && state.bot.state !== "listening";
  const text = t(down ? "bot-down" : !verified ? "verifying" : verified.passed ? "verified" : "verify-failed");
  const took = !down && verified?.passed ? h("span", { class: "took" }, ` · ${seconds(verified.took_ms)}`) : null;
  const subject = down ? null : h("span", { class: "of-url" }, "URL ");
  fill(pill, h("i", { class: "lamp" }), h("span", {}, subject, text, took));
}

const kindNow = () => state.account_kinds.find(({ name }) => name === state.kind);

function drawKind() {
  if (!state.loaded) return;
  const options = state.account_kinds.map(({ name, title }) => h("option", { value: name, selected: name === state.kind }, pick(title)));
  fill(byId("account-kind"), options);
  const { formats } = kindNow();
  byId("formats").hidden = formats.length < 2;
  const choices = ["xml", "json"].map((format) => segment("format", format, format.toUpperCase(), formats, () => post("/api/account", { kind: state.kind, format })));
  fill(byId("formats"), h("legend", {}, t("format")), choices);
  const hint = state.bot ? "kind-restarts" : state.bot_follows_kind ? "mode-follows" : state.kind === "aibot" ? "kind-hint-aibot" : "kind-hint";
  // What follows from an Official Account is in the hint of its mode.
  byId("kind-hint").hidden = state.kind === "official";
  byId("kind-hint").textContent = t(hint, { kind: state.kind, format: state.format });
  byId("split-cdata-label").hidden = state.format === "json";
  byId("edit-menu").hidden = !hasMenu();
  document.body.dataset.kind = state.kind;
}

/** A choice of one of several; disabled if the kind of account does not have it. */
function segment(name, value, text, possible, onchange) {
  const input = h("input", { type: "radio", name, value, checked: value === state[name], disabled: !possible.includes(value), data: { key: `${name}-${value}` }, onchange });
  return h("label", {}, input, h("span", {}, text));
}

function drawModes() {
  if (!state.loaded) return;
  const { modes } = kindNow();
  const choices = ["plain", "compatible", "safe"].map((mode) => segment("mode", mode, t(mode), modes, () => post("/api/mode", { mode })));
  fill(byId("modes"), h("legend", {}, t("mode")), choices);
  byId("mode-hint").textContent = modes.length < 2 ? t("mode-fixed") : state.bot ? t("mode-restarts") : state.bot_follows ? t("mode-follows") : t("mode-hint", { mode: state.mode });
}

function pair(name, value, mono) {
  return h("div", {}, h("dt", {}, name), h("dd", { class: mono ? "mono" : "" }, value));
}

function drawAccount() {
  if (!state.loaded) return;
  const isBot = state.kind === "aibot";
  const hidden = "••••••••";
  fill(
    byId("account"),
    isBot ? null : pair(state.kind === "wecom" ? "CorpID" : "AppID", state.app_id, true),
    isBot ? null : state.kind === "wecom" ? pair("AgentID", state.agent_id, true) : pair(t("original-id"), state.original_id, true),
    pair("Token", h("span", { id: "token" }, secrets?.token ?? hidden), true),
    pair("EncodingAESKey", h("span", { id: "aes-key" }, secrets?.encoding_aes_key ?? hidden), true),
  );
  fill(
    byId("secrets"),
    h("button", { type: "button", id: "show-secrets", data: { key: "secrets" }, "aria-pressed": String(!!secrets), onclick: toggleSecrets }, icon("eye"), t(secrets ? "hide" : "show")),
    h("button", { type: "button", data: { key: "environment" }, onclick: copyEnvironment }, icon("copy"), t("copy-environment")),
  );
}

async function copyEnvironment() {
  const found = await post("/api/secrets");
  if (found) copy(found.environment);
}

function drawRules() {
  if (!state.loaded) return;
  const { timeout_ms, interval_ms, deliveries, deliveries_after_bad_status, max_text } = state.rules;
  fill(
    byId("rules"),
    pair(t("rule-timeout"), seconds(timeout_ms), true),
    pair(t("rule-deliveries"), t("times", { n: deliveries }), true),
    pair(t("rule-bad-status"), t("times", { n: deliveries_after_bad_status }), true),
    pair(t("rule-interval"), seconds(interval_ms), true),
    pair(t("rule-text"), `${max_text} B`, true),
  );
}
