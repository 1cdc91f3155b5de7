// The markdown of an AI bot as nodes. Every text becomes a text node, so that nothing a bot writes is markup.

import { h } from "./dom.js";
import { link } from "./text.js";

const MARKED = /(`{1,3})([^`\n]+?)\1|\*\*(.+?)\*\*|\*([^*\s][^*]*?)\*|\[([^[\]\n]*)\]\(([^)\s]*)\)|(https?:\/\/[\w\-.~:/?#@!$&'*+,;=%]+)/g;

/** The nodes of one line. */
function inline(text, depth = 0) {
  const nodes = [];
  let from = 0;
  for (const match of depth > 4 ? [] : text.matchAll(MARKED)) {
    const [whole, , code, bold, italic, label, target, address] = match;
    nodes.push(text.slice(from, match.index));
    from = match.index + whole.length;
    if (code !== undefined) nodes.push(h("code", {}, code));
    else if (bold !== undefined) nodes.push(h("strong", {}, inline(bold, depth + 1)));
    else if (italic !== undefined) nodes.push(h("em", {}, inline(italic, depth + 1)));
    else if (address !== undefined) nodes.push(link(address, {}, address));
    else nodes.push(link(target, {}, label || target));
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== "");
}

/** The blocks of a text: paragraphs, headings, lists and code. */
export function markdown(text) {
  const blocks = [];
  let lines = [];
  const flush = () => {
    if (lines.length) blocks.push(h("p", {}, inline(lines.join("\n"))));
    lines = [];
  };
  let code = null;
  for (const line of text.split("\n")) {
    const fence = /^\s*```/.test(line);
    if (code) {
      if (fence) code = null;
      else code.textContent += `${line}\n`;
    } else if (fence) {
      flush();
      code = h("code");
      blocks.push(h("pre", {}, code));
    } else if (!block(line, blocks, flush)) {
      if (line.trim()) lines.push(line);
      else flush();
    }
  }
  flush();
  return blocks;
}

/** Adds a heading or an item of a list; false if the line is neither. */
function block(line, blocks, flush) {
  const heading = /^(#{1,6})\s+(.*)$/.exec(line);
  const item = /^\s*([-*+]|\d{1,9}[.)])\s+(.*)$/.exec(line);
  if (!heading && !item) return false;
  flush();
  if (heading) {
    blocks.push(h("p", { class: `heading level-${heading[1].length}`, role: "heading", "aria-level": heading[1].length + 2 }, inline(heading[2])));
    return true;
  }
  const name = /\d/.test(item[1]) ? "ol" : "ul";
  if (blocks.at(-1)?.localName !== name) blocks.push(h(name, name === "ol" ? { start: Number.parseInt(item[1], 10) } : {}));
  blocks.at(-1).append(h("li", {}, inline(item[2])));
  return true;
}
