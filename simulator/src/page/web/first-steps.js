// Three things to try on the first visit, for any bot. Each is crossed out once it was tried.

import { byId, fill, h, icon } from "./dom.js";
import { write } from "./composer.js";
import { isEvent, isMenuEvent } from "./descriptions.js";
import { t } from "./i18n.js";
import { showPane } from "./layout.js";
import { prefs, remember } from "./prefs.js";
import { hasMenu, on, state } from "./store.js";
import { focusInput, showMenu, showTextBox } from "./turns.js";

const root = byId("first-steps");

/** How long the list stays after everything in it was tried. */
const LAST_LOOK = 4000;

const STEPS = [
  { name: "say", try: sayHello, tried: () => exchanges().some((exchange) => !isEvent(exchange)) },
  { name: "menu", try: showMenu, tried: () => exchanges().some(isMenuEvent), fits: hasMenu },
  { name: "attack", try: attack, tried: () => Object.keys(state.attack_statuses).length > 0 },
];

const exchanges = () => [...state.exchanges.values()];

export function startFirstSteps() {
  // The page was closed before the list was.
  if (STEPS.every(isTried)) remember({ stepsClosed: true });
  on("state exchange attack", note);
  on("lang state", draw);
}

function note() {
  if (prefs.stepsClosed) return;
  const tried = STEPS.filter((step) => isTried(step) || step.tried()).map(({ name }) => name);
  const isNew = tried.length > (prefs.tried ?? []).length;
  if (isNew) remember({ tried });
  if (isNew || root.hidden) draw();
  if (isNew && tried.length === STEPS.length) setTimeout(close, LAST_LOOK);
}

const isTried = ({ name }) => prefs.tried?.includes(name) === true;

function draw() {
  root.hidden = prefs.stepsClosed === true || !state.loaded;
  if (root.hidden) return;
  const items = STEPS.filter(({ fits }) => fits?.() ?? true).map((step) => {
    const done = isTried(step);
    const button = h("button", { type: "button", class: "quiet", data: { key: `step-${step.name}` }, onclick: step.try }, t(`step-${step.name}`));
    return h("li", { class: done ? "done" : "" }, icon(done ? "check" : "dot"), done ? h("s", {}, button) : button, done ? h("span", { class: "hidden" }, t("tried")) : null);
  });
  const all = STEPS.every(isTried);
  fill(
    root,
    h("strong", {}, t(all ? "all-tried" : hasMenu() ? "first-steps" : "first-steps-without-menu")),
    h("ul", {}, items),
    h("button", { type: "button", class: "round", data: { key: "close-steps" }, "aria-label": t("close"), onclick: close }, icon("close")),
  );
}

function close() {
  const hadFocus = root.contains(document.activeElement);
  remember({ stepsClosed: true });
  root.hidden = true;
  if (hadFocus) focusInput();
}

function sayHello() {
  showTextBox();
  if (!byId("say").value) write(t("hello"));
}

function attack() {
  showPane("setup");
  byId("attack-all").focus();
}
