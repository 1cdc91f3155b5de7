// Panes, notices, dialogs and the clipboard.

import { byId, h } from "./dom.js";
import { prefs, remember } from "./prefs.js";
import { t } from "./i18n.js";

/** Shows one of the panes (chat, inspect, setup) on a screen without room for all of them. */
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
  // A click outside a dialog closes it, like Escape.
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }
}

let timer;

/** Shows a notice for a few seconds. Screen readers announce it. */
export function notify(text, kind = "good") {
  const notice = byId("notice");
  notice.replaceChildren(h("span", { class: kind }, text));
  // Shown again, it is above a dialog that was opened later.
  notice.hidePopover();
  notice.showPopover();
  clearTimeout(timer);
  timer = setTimeout(() => notice.hidePopover(), 4000);
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    notify(t("copied"));
  } catch {
    notify(t("not-copied"), "bad");
  }
}
