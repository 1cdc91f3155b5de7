// Chinese first, English by a switch.

import { prefs, remember } from "./prefs.js";
import { words } from "./words.js";

export const lang = () => (prefs.lang === "en" ? "en" : "zh");

/** The words of that key, with `{name}` filled in. */
export function t(key, values = {}) {
  const pair = words[key];
  if (!pair) return key;
  const text = pair[lang() === "en" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The server's sentences come in both. */
export const pick = (sentence) => (sentence ? sentence[lang()] : "");

export function switchLang() {
  remember({ lang: lang() === "zh" ? "en" : "zh" });
}

/** What stands in the page's markup. */
export function translatePage() {
  document.documentElement.lang = lang() === "zh" ? "zh-CN" : "en";
  document.title = `${t("title")} · wechat-sim`;
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const name of ["placeholder", "title", "aria-label"]) {
    for (const element of document.querySelectorAll(`[data-t-${name}]`)) {
      element.setAttribute(name, t(element.getAttribute(`data-t-${name}`)));
    }
  }
}

export function seconds(ms) {
  if (ms < 1) return "< 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;
}

export function clock(ms) {
  return new Date(ms).toLocaleTimeString(lang() === "zh" ? "zh-CN" : "en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
}
