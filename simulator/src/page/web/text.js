// A text drawn like WeChat: `<a href>` and bare URLs become links. Only http and https links can be clicked; everything
// else stays text.

import { h } from "./dom.js";
import { t } from "./i18n.js";

/** The URL if it is an http or https URL, else null. */
export function safeUrl(text) {
  try {
    const url = new URL(String(text).trim());
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A link, or the same text without one. */
export function link(url, attributes = {}, ...children) {
  const href = safeUrl(url);
  if (!href) return h("span", { ...attributes, title: t("dead-link") }, ...children);
  return h("a", { ...attributes, href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

const ANCHOR = /<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>([\s\S]*?)<\/a\s*>/gi;
const ADDRESS = /https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi;

/** The nodes of `text`. `choose` is called with the chosen item of a text menu (msgmenu). */
export function rich(text, choose) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(ANCHOR)) {
    nodes.push(...bare(text.slice(from, match.index)));
    nodes.push(anchor(match[1] ?? match[2], match[3], choose));
    from = match.index + match[0].length;
  }
  nodes.push(...bare(text.slice(from)));
  return nodes;
}

const ESCAPES = { lt: "<", gt: ">", amp: "&", quot: '"' };

/** As WeChat's client shows it. */
const seen = (text) => text.replace(/&(lt|gt|amp|quot);/g, (_, name) => ESCAPES[name]);

/** The text without the markup of its links. */
export const plain = (text) => seen(text.replace(ANCHOR, "$3"));

function anchor(href, marked, choose) {
  const text = seen(marked);
  const item = menuItem(href);
  if (item && choose) {
    return h("button", { class: "text-link", type: "button", onclick: () => choose(item) }, text);
  }
  if (safeUrl(href)) return link(href, {}, text);
  return h("span", { class: "dead-link", title: t("labelled", { label: t("dead-link"), text: href }) }, text);
}

function bare(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    // Punctuation at the end is not part of the URL.
    const address = match[0].replace(/[.,;:!?'")\]]+$/, "");
    nodes.push(seen(text.slice(from, match.index)), link(seen(address), {}, seen(address)));
    from = match.index + address.length;
  }
  nodes.push(seen(text.slice(from)));
  return nodes.filter((node) => node !== "");
}

/** `weixin://bizmsgmenu?msgmenucontent=…&msgmenuid=…`: a link that sends its content for the user. */
function menuItem(href) {
  const match = /^weixin:\/\/bizmsgmenu\?(.*)$/.exec(href.trim());
  if (!match) return null;
  const query = new URLSearchParams(match[1].replaceAll("&amp;", "&"));
  const [content, id] = [query.get("msgmenucontent"), query.get("msgmenuid")];
  return content ? { content, id } : null;
}
