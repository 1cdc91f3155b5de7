// The custom menu below the chat.

import { byId, fill, h, icon } from "./dom.js";
import { post } from "./api.js";
import { fan, on, state } from "./store.js";
import { safeUrl } from "./text.js";

const bar = byId("menu-buttons");
let open = null;

export function startMenu() {
  on("state menu lang", draw);
  document.addEventListener("click", (event) => open !== null && !event.composedPath().includes(bar) && toggle(null));
  bar.addEventListener("keydown", keys);
}

function draw() {
  const buttons = state.menu.button.map((button, at) => {
    const subButtons = button.sub_button ?? [];
    const top = h(
      "button",
      {
        type: "button",
        data: { key: `menu-${at}` },
        "aria-haspopup": subButtons.length ? "true" : null,
        "aria-expanded": subButtons.length ? String(open === at) : null,
        onclick: () => (subButtons.length ? toggle(open === at ? null : at) : press(button)),
      },
      subButtons.length ? icon("list") : null,
      button.name,
    );
    if (open !== at || !subButtons.length) return h("div", { class: "menu-item" }, top);
    const items = subButtons.map((item, place) =>
      h("button", { type: "button", data: { key: `menu-${at}-${place}` }, onclick: () => press(item) }, item.name),
    );
    return h("div", { class: "menu-item" }, h("div", { class: "menu-below" }, items), top);
  });
  fill(bar, buttons);
}

function toggle(at) {
  open = at;
  draw();
  bar.querySelector(".menu-below button")?.focus();
}

function keys(event) {
  if (event.key === "Escape" && open !== null) {
    const at = open;
    toggle(null);
    bar.querySelector(`[data-key="menu-${at}"]`)?.focus();
    return;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const items = [...bar.querySelectorAll(".menu-below button")];
  const at = items.indexOf(document.activeElement);
  if (!step || at < 0) return;
  event.preventDefault();
  items[(at + step + items.length) % items.length].focus();
}

function press(button) {
  toggle(null);
  const draft = { fan: fan().name };
  if (button.type === "view") {
    Object.assign(draft, { event: "VIEW", fields: [["EventKey", button.url]] });
    const url = safeUrl(button.url);
    if (url) window.open(url, "_blank", "noopener,noreferrer");
  } else if (button.type === "miniprogram") {
    Object.assign(draft, { event: "view_miniprogram", fields: [["EventKey", button.pagepath]] });
  } else {
    const event = button.type === "click" ? "CLICK" : button.type;
    Object.assign(draft, { event, fields: [["EventKey", button.key]] });
  }
  post("/api/send", draft);
}
