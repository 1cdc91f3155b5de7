// What this browser remembers: the language, the current fan, the selection, what was tried. No messages.

const KEY = "wechat-sim";

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

export const prefs = read();

export function remember(changes) {
  Object.assign(prefs, changes);
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // Without storage the preferences are lost at the next reload, nothing else.
  }
}
