// Panes, notices, dialogs, what is copied.

import { byId, h } from "./dom.js";
import { prefs, remember } from "./prefs.js";
import { t } from "./i18n.js";

/** Shows one of the panes where there is no room for all: chat, inspect, setup. */
export function showPane(name) {
  document.body.dataset.pane = name;
  remember({ pane: name });
  for (const tab of document.querySelectorAll("[data-show]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.show === name));
  }
}

export function startLayout() {
  for (const tab of document.querySelectorAll("[data-show]")) {
    tab.addEventListener("click", () => showPane(tab.dataset.show));
  }
  showPane(prefs.pane ?? "chat");
  for (const close of document.querySelectorAll("[data-close]")) {
    close.addEventListener("click", () => close.closest("dialog").close());
  }
  // A click beside a dialog closes it, as Escape does.
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }
}

let timer;

/** Says something in passing, to the eye and to a screen reader. */
export function say(text, kind = "good") {
  const notice = byId("notice");
  notice.replaceChildren(h("span", { class: kind }, text));
  notice.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (notice.hidden = true), 4000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(t("copied"));
  } catch {
    say(t("not-copied"), "bad");
  }
}
