// The dialog to edit the custom menu: a form, or its JSON.

import { byId } from "./dom.js";
import { post } from "./api.js";
import { t } from "./i18n.js";
import { faultIn } from "./json-fault.js";
import { drawForm } from "./menu-form.js";
import { cleaned, faultsOf, menuIn } from "./menu-rules.js";
import { on, state } from "./store.js";

const dialog = byId("menu-dialog");
const json = byId("menu-json");

/** The menu as it is edited. */
let menu = null;
let isRaw = false;
/** Whether it was to be saved. From then on, what is missing is shown as a mistake. */
let strict = false;

export function startMenuEditor() {
  byId("edit-menu").addEventListener("click", open);
  byId("menu-form").addEventListener("submit", save);
  byId("menu-raw").addEventListener("click", toggle);
  on("lang", () => dialog.open && draw());
}

function open() {
  menu = structuredClone(state.menu);
  [isRaw, strict] = [false, false];
  draw();
  dialog.showModal();
}

function draw() {
  byId("menu-raw").setAttribute("aria-pressed", String(isRaw));
  byId("menu-fields").hidden = isRaw;
  byId("menu-text").hidden = !isRaw;
  say();
  drawForm(byId("menu-fields"), menu, strict);
}

function toggle() {
  if (isRaw && !read()) return;
  isRaw = !isRaw;
  if (isRaw) json.value = JSON.stringify(cleaned(menu), null, 2);
  draw();
}

/** Takes the menu out of the JSON, or says why there is none. */
function read() {
  const fault = faultIn(json.value);
  const found = fault ? null : menuIn(JSON.parse(json.value));
  if (found) menu = found;
  else say([fault ? t("menu-not-json", fault) : t("menu-shape")]);
  return found;
}

/** Shows mistakes that belong to no field. */
function say(texts = []) {
  byId("menu-error").textContent = texts.join("\n");
  json.setAttribute("aria-invalid", String(isRaw && texts.length > 0));
}

async function save(event) {
  event.preventDefault();
  if (isRaw && !read()) return json.focus();
  const faults = faultsOf(menu);
  strict = true;
  draw();
  if (!faults.length) {
    if (await post("/api/menu", cleaned(menu))) dialog.close();
    return;
  }
  if (isRaw) {
    say(faults.map(({ where, text, member }) => (where ? t("labelled", { label: `${where} · ${t(`menu-${member}`)}`, text }) : text)));
    return json.focus();
  }
  say(faults.filter(({ button }) => !button).map(({ text }) => text));
  byId("menu-fields").querySelector("[aria-invalid=true]")?.focus();
}
