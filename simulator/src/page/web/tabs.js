// The tabs of the inspector. The chosen one is remembered.

import { h, roving } from "./dom.js";
import { t } from "./i18n.js";
import { prefs, remember } from "./prefs.js";

/** `panels` has a function for each tab that draws its panel; `redraw` is called when another tab is chosen. */
export function tabs(panels, redraw) {
  const names = Object.keys(panels);
  const current = names.includes(prefs.tab) ? prefs.tab : names[0];
  const choose = (name) => (remember({ tab: name }), redraw());
  const bar = h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": t("detail-tabs") },
    names.map((name) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "aria-selected": String(name === current),
          "aria-controls": "panel",
          tabindex: name === current ? "0" : "-1",
          data: { key: `tab-${name}` },
          onclick: () => choose(name),
          onfocus: () => name !== current && choose(name),
        },
        t(`tab-${name}`),
      ),
    ),
  );
  roving(bar, "[role=tab]");
  const panel = h("div", { id: "panel", role: "tabpanel", "aria-labelledby": `tab-${current}` }, panels[current]());
  return h("div", { class: "detail" }, bar, panel);
}
