// The custom menu and the text box take turns below the conversation, as in WeChat.

import { byId } from "./dom.js";
import { prefs, remember } from "./prefs.js";
import { hasMenu, on, state } from "./store.js";

const phone = byId("phone");
const box = byId("say");

/** On a touch screen the menu is first, as in WeChat. Elsewhere there is a keyboard, and the text box is first. */
const byTouch = matchMedia("(pointer: coarse)").matches;

export function startTurns() {
  on("state menu", draw);
  byId("to-menu").addEventListener("click", () => {
    show("menu");
    byId("to-text").focus();
  });
  byId("to-text").addEventListener("click", showTextBox);
  document.querySelector(".skip").addEventListener("click", showTextBox);
  draw();
  if (!byTouch) focusInput();
}

/** Shows the text box, with the focus in it. */
export function showTextBox() {
  show("text");
  box.focus();
}

/** Shows the menu, with the focus on its first button. */
export function showMenu() {
  show("menu");
  byId("menu").querySelector(".menu-item button")?.focus();
}

/** Moves the focus to the text box, or to the way to it while the menu is shown. */
export function focusInput() {
  (phone.dataset.input === "menu" ? byId("to-text") : box).focus();
}

function show(input) {
  remember({ input });
  draw();
}

function draw() {
  const isThere = hasMenu() && state.menu.button.length > 0;
  byId("to-menu").hidden = !isThere;
  phone.dataset.input = isThere ? (prefs.input ?? (byTouch ? "menu" : "text")) : "text";
}
