// The language of the page: Chinese by default, or English.

import { messages } from "./messages.js";
import { prefs, remember } from "./prefs.js";

export const lang = () => (prefs.lang === "en" ? "en" : "zh");

/** The message with this key, with `{name}` replaced by its value. */
export function t(key, values = {}) {
  const pair = messages[key];
  if (!pair) return key;
  const text = pair[lang() === "en" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The server sends its texts in both languages. */
export const pick = (text) => (text ? text[lang()] : "");

export function switchLang() {
  remember({ lang: lang() === "zh" ? "en" : "zh" });
}

/** Translates the page's markup. */
export function translatePage() {
  document.documentElement.lang = t("lang");
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
  return new Date(ms).toLocaleTimeString(t("locale"), {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
}
