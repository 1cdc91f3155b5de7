// The list of fans and the choice of the current one.

import { byId, fill, h, roving } from "./dom.js";
import { post } from "./api.js";
import { latest } from "./descriptions.js";
import { t } from "./i18n.js";
import { showPane } from "./layout.js";
import { chooseFan, exchangesOf, fan, hasFollowers, hasMembers, on, state } from "./store.js";
import { avatar } from "./user-message.js";

const unread = new Set();

export function startFans() {
  on("state fans fan lang", draw);
  on("exchange", (exchange) => {
    const isNew = exchange.shown && exchange.shown.shown !== "nothing" && exchange.fan !== fan()?.name;
    if (isNew && !unread.has(exchange.fan)) {
      unread.add(exchange.fan);
      draw();
    }
    // Only the text, so that a click on the button that is just being made is not lost.
    const preview = byId("fans").querySelector(`[data-key="fan-${CSS.escape(exchange.fan)}"] small`);
    if (preview) preview.textContent = last(state.fans.find(({ name }) => name === exchange.fan));
  });
  roving(byId("fans"), "button");
  byId("add-fan").addEventListener("submit", add);
}

function draw() {
  const whose = t(hasMembers() ? "member-name" : hasFollowers() ? "fan-name" : "user-name");
  const newName = byId("add-fan").elements.name;
  newName.placeholder = whose;
  newName.setAttribute("aria-label", whose);
  byId("fans-title").textContent = t(hasMembers() ? "members" : hasFollowers() ? "fans" : "users");
  const current = fan()?.name;
  unread.delete(current);
  const items = state.fans.map(({ name, openid, following }) =>
    h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "fan",
          title: openid,
          data: { key: `fan-${name}` },
          "aria-pressed": String(name === current),
          onclick: () => (chooseFan(name), document.body.dataset.pane === "setup" && innerWidth < 700 && showPane("chat")),
        },
        avatar(name),
        h("span", { class: "fan-text" }, h("strong", {}, name), h("small", {}, last({ name, openid, following }))),
        unread.has(name) ? h("span", { class: "dot", role: "img", "aria-label": t("unread") }) : null,
      ),
    ),
  );
  fill(byId("fans"), items);
}

function last({ name, openid, following }) {
  return [hasMembers() ? openid : hasFollowers() ? t(following ? "following" : "not-following") : null, latest(exchangesOf(name))].filter(Boolean).join(" · ");
}

async function add(event) {
  event.preventDefault();
  const form = event.target;
  const name = new FormData(form).get("name").trim();
  if (await post("/api/fans", { name })) {
    form.reset();
    chooseFan(name);
  }
}
