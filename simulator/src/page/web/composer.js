// The text box: Enter sends, Shift+Enter starts a new line.

import { byId } from "./dom.js";
import { post } from "./api.js";
import { openKinds } from "./kinds.js";
import { fan } from "./store.js";

const box = byId("say");

export function startComposer() {
  byId("more").addEventListener("click", openKinds);
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  box.addEventListener("keydown", (event) => {
    // In an input method Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  });
  box.addEventListener("input", grow);
  if (matchMedia("(pointer: fine)").matches) box.focus();
}

function grow() {
  const borders = box.offsetHeight - box.clientHeight;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + borders}px`;
}

async function send() {
  const content = box.value;
  if (!content.trim() || !fan()) return;
  box.value = "";
  grow();
  const sent = await post("/api/send", { fan: fan().name, type: "text", fields: [["Content", content]] });
  if (!sent && !box.value) box.value = content;
}
