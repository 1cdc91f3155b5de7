// The text box: Enter sends, Shift+Enter starts a new line, the arrow keys bring back what was written.

import { byId, h } from "./dom.js";
import { post } from "./api.js";
import { addToHistory, moveInHistory } from "./history.js";
import { openKinds } from "./kinds.js";
import { fan, state } from "./store.js";

const box = byId("say");

export function startComposer() {
  byId("more").addEventListener("click", openKinds);
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  box.addEventListener("keydown", (event) => {
    // In an input method Enter and the arrow keys choose a word.
    if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter") send();
    else if (event.ctrlKey || event.altKey || event.metaKey || !recall({ ArrowUp: -1, ArrowDown: 1 }[event.key])) return;
    event.preventDefault();
  });
  box.addEventListener("input", grow);
}

/** Puts text into the text box, with the caret at its end. */
export function write(text) {
  box.value = text;
  grow();
  box.setSelectionRange(text.length, text.length);
}

/** Whether the caret was in the first (last) line, and there was an earlier (later) text, which is now in the text box. */
function recall(step) {
  if (!step || !caretIsAtEdge(step)) return false;
  const text = moveInHistory(step, box.value);
  if (text === null) return false;
  write(text);
  return true;
}

/** Long lines are wrapped, so only a copy of the text, drawn alike, says in which line the caret is. */
function caretIsAtEdge(step) {
  const { selectionStart, selectionEnd, value } = box;
  if (selectionStart !== selectionEnd) return false;
  const caret = h("span");
  const edge = h("span", {}, "\u200b");
  const texts = [value.slice(0, selectionStart), caret, value.slice(selectionStart)];
  const copy = h("div", { class: "copy-of-text", style: { "--width": `${box.clientWidth}px` } }, step < 0 ? [edge, ...texts] : [...texts, edge]);
  box.after(copy);
  const same = caret.offsetTop === edge.offsetTop;
  copy.remove();
  return same;
}

function grow() {
  const borders = box.offsetHeight - box.clientHeight;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + borders}px`;
}

/** In a group the bot is mentioned. */
const group = () => (byId("in-group").checked ? [["chattype", "group"], ["chatid", "wrChat1"]] : []);

async function send() {
  const content = box.value;
  if (!content.trim() || !fan()) return;
  addToHistory(content);
  write("");
  const fields = state.kind === "aibot" ? [["text.content", content], ...group()] : [["Content", content]];
  const sent = await post("/api/send", { fan: fan().name, type: "text", fields });
  if (!sent && !box.value) write(content);
}
