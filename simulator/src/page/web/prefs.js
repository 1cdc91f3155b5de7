// What this browser remembers: the language, who speaks, what is looked at. Nothing that was said.

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
    // A browser that stores nothing forgets at the next reload; that is all.
  }
}
