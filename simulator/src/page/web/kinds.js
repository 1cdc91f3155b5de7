// The catalogue of everything that can be pushed, and the dialog to push it.

import { byId, fill, h, roving } from "./dom.js";
import { get, post } from "./api.js";
import { pick, t } from "./i18n.js";
import { fan, on, state } from "./store.js";
import { focusInput } from "./turns.js";

let kinds = [];
let chosen = null;
const form = byId("kind-form");
const list = byId("kind-list");
const find = byId("find-kind");
const dialog = byId("kinds");

/** The kinds that are pushed to an account like this one. */
const ofAccount = () => kinds.filter(({ accounts }) => accounts.includes(state.kind));
const nameOf = (kind) => kind.event ?? kind.msg_type;

export async function startKinds() {
  find.addEventListener("input", drawList);
  find.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") list.querySelector("button")?.focus();
    if (event.key === "Enter") list.querySelector("button")?.click();
    if (event.key === "ArrowDown" || event.key === "Enter") event.preventDefault();
  });
  roving(list, "button");
  form.addEventListener("submit", send);
  on("lang", () => dialog.open && (drawList(), drawForm()));
  kinds = (await get("/api/kinds")) ?? [];
}

export function openKinds() {
  find.value = "";
  chosen = null;
  drawList();
  drawForm();
  dialog.showModal();
  find.focus();
}

/** The title of a kind, or null if it is not in the catalogue. */
export function kindTitle(name, isEvent) {
  const kind = ofAccount().find((found) => (isEvent ? found.event === name : !found.event && found.msg_type === name));
  return kind ? pick(kind.title) : null;
}

/** The button of the custom menu whose event has this `EventKey`. */
export function buttonOfMenu(key) {
  const buttons = state.menu.button.flatMap((button) => [button, ...(button.sub_button ?? [])]);
  return buttons.find((button) => [button.key, button.url, button.pagepath].includes(key));
}

function drawList() {
  const query = find.value.trim().toLowerCase();
  const matches = (kind) => `${nameOf(kind)} ${kind.title.zh} ${kind.title.en}`.toLowerCase().includes(query);
  const families = new Map();
  for (const kind of ofAccount().filter(matches)) {
    if (!families.has(kind.family)) families.set(kind.family, []);
    families.get(kind.family).push(kind);
  }
  const groups = [...families].map(([family, members]) =>
    h("section", {}, h("h3", {}, t(`family-${family}`)), members.map((kind) => choice(kind, pick(kind.title), nameOf(kind)))),
  );
  const raw = h("section", {}, choice("raw", t(`raw-${state.format}`), state.format === "json" ? "{…}" : "<xml>…"));
  fill(list, groups, query ? null : raw, groups.length ? null : h("p", { class: "hint" }, t("nothing-found")));
}

function choice(kind, title, name) {
  return h(
    "button",
    {
      type: "button",
      data: { key: `${kind.family ?? ""} ${name}` },
      "aria-pressed": String(kind === chosen),
      onclick: () => {
        chosen = kind;
        drawList();
        drawForm();
        form.querySelector("input, textarea, button")?.focus();
        form.scrollIntoView({ block: "nearest" });
      },
    },
    h("span", {}, title),
    h("code", {}, name),
  );
}

/** The fields without repeated elements, of which a path can only address the first. */
const fieldsOf = ({ fields }) => fields.filter((field, at) => fields.findIndex((other) => other.path === field.path) === at);

function drawForm() {
  dialog.classList.toggle("chosen", chosen !== null);
  if (!chosen) {
    fill(form, h("p", { class: "hint" }, t("pick-a-kind")));
    return;
  }
  const button = h("button", { class: "primary", type: "submit" }, t("send"));
  if (chosen === "raw") {
    const area = h("textarea", { name: "raw", rows: "14", class: "mono", spellcheck: "false", required: true, "aria-label": t(`raw-${state.format}`), value: sample() });
    fill(form, h("h3", {}, t(`raw-${state.format}`)), h("p", { class: "hint" }, t("raw-hint")), area, button);
    return;
  }
  const fields = fieldsOf(chosen).map(({ path, default: value, optional }) =>
    h(
      "label",
      { class: optional ? "optional" : "" },
      h("span", { class: "mono" }, path, optional ? h("small", {}, ` ${t("optional")}`) : null),
      value.length > 60
        ? h("textarea", { name: path, rows: "3", placeholder: optional ? value : "", value: optional ? "" : value })
        : h("input", { name: path, autocomplete: "off", placeholder: optional ? value : "", value: optional ? "" : value }),
    ),
  );
  const heading = h("h3", {}, pick(chosen.title), " ", h("code", {}, nameOf(chosen)));
  fill(form, heading, fields.length ? fields : h("p", { class: "hint" }, t("no-fields")), button);
}

function sample() {
  const fields = [
    ["ToUserName", state.original_id, true],
    ["FromUserName", fan().openid, true],
    ["CreateTime", Math.floor(Date.now() / 1000), false],
    ["MsgType", "text", true],
    ["Content", "你好", true],
    ["MsgId", `${Date.now()}0001`, false],
    ...(state.kind === "wecom" ? [["AgentID", state.agent_id, false]] : []),
  ];
  if (state.format === "json") {
    return `{\n${fields.map(([name, value, quoted]) => `  ${JSON.stringify(name)}: ${quoted ? JSON.stringify(value) : value}`).join(",\n")}\n}`;
  }
  const lines = fields.map(([name, value, cdata]) => `<${name}>${cdata ? `<![CDATA[${value}]]>` : value}</${name}>`);
  return `<xml>${lines.join("\n")}\n</xml>`;
}

async function send(event) {
  event.preventDefault();
  if (!chosen) return;
  const data = new FormData(form);
  const draft = { fan: fan().name };
  if (chosen === "raw") {
    draft.raw = data.get("raw");
  } else {
    // Unchanged sample values come from the catalogue; empty optional fields are left out.
    const before = new Map(fieldsOf(chosen).map((field) => [field.path, field.optional ? "" : field.default]));
    draft.fields = [...data].filter(([path, value]) => value !== before.get(path));
    if (chosen.event) draft.event = chosen.event;
    else draft.type = chosen.msg_type;
  }
  if (await post("/api/send", draft)) {
    dialog.close();
    focusInput();
  }
}
