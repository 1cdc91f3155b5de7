// The custom menu as a form: a card for each button, and in it one for each of its sub-buttons.

import { fill, h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { bytes, faultOf, faultsOf, limitOf, MAX_BUTTONS, MAX_SUB_BUTTONS, membersOf, TYPES } from "./menu-rules.js";

/** A number for each button, so that it keeps the focus when it is moved. */
const numbers = new WeakMap();
let last = 0;

function idOf(button, member) {
  if (!numbers.has(button)) numbers.set(button, (last += 1));
  return `button-${numbers.get(button)}-${member}`;
}

/** Draws `menu` into `root`. The form changes `menu` itself. With `strict`, missing members are mistakes, too. */
export function drawForm(root, menu, strict) {
  const redraw = () => drawForm(root, menu, strict);
  const faults = strict ? faultsOf(menu) : [];
  const view = { redraw, faultsOf: (button, member) => faults.find((fault) => fault.button === button && fault.member === member)?.text };
  fill(
    root,
    h("ol", { class: "menu-cards" }, menu.button.map((button, at) => card(view, menu.button, at, t("menu-button", { n: at + 1 }), false))),
    add(view, menu.button, MAX_BUTTONS, t("menu-add", { n: menu.button.length, limit: MAX_BUTTONS }), "add"),
  );
}

function card(view, list, at, title, isSub) {
  const button = list[at];
  const below = !isSub && button.type === undefined ? (button.sub_button ??= []) : null;
  const name = (place) => t("menu-sub-button", { n: at + 1, m: place + 1 });
  return h(
    "li",
    {},
    h(
      "fieldset",
      { class: isSub ? "menu-card below" : "menu-card" },
      h("legend", {}, title),
      tools(view, list, at, title),
      h("div", { class: "menu-fields" }, field(view, button, "name", isSub), typeField(view, button, isSub), membersOf(button).map((member) => field(view, button, member, isSub))),
      below ? h("ol", { class: "menu-cards" }, below.map((_, place) => card(view, below, place, name(place), true))) : null,
      below ? add(view, below, MAX_SUB_BUTTONS, t("menu-add-sub", { n: below.length, limit: MAX_SUB_BUTTONS }), idOf(button, "add")) : null,
      below ? fault(idOf(button, "sub_button-fault"), view.faultsOf(button, "sub_button")) : null,
    ),
  );
}

function tools({ redraw }, list, at, title) {
  const button = list[at];
  const tool = (name, text, disabled, act) => {
    const label = t("labelled", { label: title, text: t(text) });
    const press = () => (act(), redraw(), refocus(list, button, name, at));
    return h("button", { type: "button", class: "round", title: t(text), "aria-label": label, disabled, data: { key: idOf(button, name) }, onclick: press }, icon(name));
  };
  const swap = (other) => ([list[at], list[other]] = [list[other], list[at]]);
  return h(
    "div",
    { class: "menu-tools" },
    tool("up", "move-up", at === 0, () => swap(at - 1)),
    tool("down", "move-down", at === list.length - 1, () => swap(at + 1)),
    tool("close", "remove", false, () => list.splice(at, 1)),
  );
}

/** After a move the focus stays on the button, after a removal it goes to the next one. */
function refocus(list, button, name, at) {
  const stays = list.includes(button);
  const other = stays ? button : list[Math.min(at, list.length - 1)];
  const found = (key) => document.querySelector(`[data-key="${key}"]:not(:disabled)`);
  const target = (stays && found(idOf(button, name))) || (other && found(idOf(other, "name"))) || document.querySelector(".menu-add:not(:disabled)");
  target?.focus();
}

function add({ redraw }, list, limit, text, key) {
  const press = () => {
    const button = { name: "", type: "click", key: "" };
    list.push(button);
    redraw();
    document.querySelector(`[data-key="${idOf(button, "name")}"]`).focus();
  };
  return h("button", { type: "button", class: "small menu-add", disabled: list.length >= limit, data: { key }, onclick: press }, icon("plus"), text);
}

function field(view, button, member, isSub) {
  const id = idOf(button, member);
  const limit = limitOf(member, isSub);
  const count = h("span", { id: `${id}-count`, class: "count" });
  const error = fault(`${id}-fault`, view.faultsOf(button, member));
  const input = h("input", { id, autocomplete: "off", spellcheck: "false", value: button[member] ?? "", "aria-describedby": `${id}-count ${id}-fault`, data: { key: id }, class: member === "name" ? "" : "mono" });
  const check = (text) => {
    const length = bytes(input.value);
    count.textContent = t("menu-count", { n: length, limit });
    count.classList.toggle("bad", length > limit);
    error.textContent = text ?? "";
    input.setAttribute("aria-invalid", String(Boolean(text)));
  };
  const change = () => {
    button[member] = input.value;
    // A member that is still empty is a mistake only once the menu was to be saved.
    check(input.value || view.faultsOf(button, member) ? faultOf(button, member, isSub) : null);
  };
  for (const event of ["input", "change"]) input.addEventListener(event, change);
  check(view.faultsOf(button, member) ?? (input.value ? faultOf(button, member, isSub) : null));
  return h("div", { class: `menu-field ${member}` }, h("label", { for: id }, t(`menu-${member}`)), count, input, error);
}

function typeField(view, button, isSub) {
  const id = idOf(button, "type");
  const { type } = button;
  const known = type === undefined || TYPES.includes(type);
  const option = (value, text) => h("option", { value, selected: value === (type ?? "") }, text);
  const choose = (event) => {
    if (event.target.value) button.type = event.target.value;
    else delete button.type;
    view.redraw();
  };
  const error = view.faultsOf(button, "type");
  const select = h(
    "select",
    { id, "aria-describedby": `${id}-fault`, "aria-invalid": String(Boolean(error)), data: { key: id }, onchange: choose },
    option("", t(isSub ? "menu-choose-type" : "menu-with-sub-buttons")),
    TYPES.map((name) => option(name, `${t(`menu-type-${name}`)} · ${name}`)),
    known ? null : option(type, type),
  );
  return h("div", { class: "menu-field type" }, h("label", { for: id }, t("menu-type")), select, fault(`${id}-fault`, error));
}

const fault = (id, text) => h("p", { id, class: "bad menu-fault" }, text);
