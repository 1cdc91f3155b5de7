// The dialog that exports a conversation as a scenario for `wechat-sim run`.

import { byId, fill, h } from "./dom.js";
import { post } from "./api.js";
import { t } from "./i18n.js";
import { copy } from "./layout.js";
import { fan, on, state } from "./store.js";

const dialog = byId("scenario");
const EVERYONE = "";

/** Whose conversation is exported. */
let chosen = EVERYONE;
let toml = "";

export function startScenario() {
  byId("export").addEventListener("click", open);
  byId("scenario-copy").addEventListener("click", () => copy(toml));
  byId("scenario-save").addEventListener("click", download);
  byId("scenario-fan").addEventListener("change", (event) => {
    chosen = event.target.value;
    load();
  });
  on("lang fans exchange", () => dialog.open && load());
}

function open() {
  chosen = fan()?.name ?? EVERYONE;
  load();
  dialog.showModal();
}

const fileName = () => `${(chosen || "conversation").replaceAll(/[^\p{L}\p{N}_-]+/gu, "-")}.toml`;

async function load() {
  const whom = chosen;
  const option = (value, text) => h("option", { value, selected: value === whom }, text);
  fill(byId("scenario-fan"), state.fans.map(({ name }) => option(name, name)), option(EVERYONE, t("all-fans")));
  const found = await post("/api/scenario", whom ? { fan: whom } : {});
  if (!found || whom !== chosen) return;
  toml = found.toml;
  byId("scenario-steps").textContent = t(found.steps ? "scenario-steps" : "scenario-empty", { n: found.steps });
  byId("scenario-toml").textContent = found.steps ? toml : "";
  byId("scenario-toml").hidden = !found.steps;
  byId("scenario-run").textContent = `wechat-sim run ${fileName()}`;
  for (const id of ["scenario-copy", "scenario-save"]) byId(id).disabled = !found.steps;
}

function download() {
  const url = URL.createObjectURL(new Blob([toml], { type: "application/toml" }));
  h("a", { href: url, download: fileName() }).click();
  // The browser has read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
