// What was written in this tab, for the arrow keys in the text box. It is forgotten when the tab is closed.

const KEY = "wechat-sim.written";
const MAX_TEXTS = 50;
const MAX_LENGTH = 100_000;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

const written = read();
/** While the arrow keys are used: what was written and, at the end, the draft, all as edited since. Else null. */
let texts = null;
let at = 0;

export function addToHistory(text) {
  texts = null;
  if (written.at(-1) !== text) written.push(text);
  const length = () => written.reduce((sum, one) => sum + one.length, 0);
  while (written.length > MAX_TEXTS || length() > MAX_LENGTH) written.shift();
  try {
    sessionStorage.setItem(KEY, JSON.stringify(written));
  } catch {
    // Without storage it is forgotten at the next reload, nothing else.
  }
}

/** The text `step` after the current one, which may be a draft; null if there is none. */
export function moveInHistory(step, current) {
  if (!texts) {
    texts = [...written, current];
    at = written.length;
  }
  if (texts[at + step] === undefined) return null;
  texts[at] = current;
  at += step;
  return texts[at];
}
