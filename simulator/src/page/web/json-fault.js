// Where a text stops being JSON. The browser's own message is in English, and does not always say where.

const TOKENS = {
  space: /[ \t\n\r]*/y,
  string: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y,
  number: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y,
  word: /true|false|null/y,
};

/** The line and the column of the first mistake, both from 1; null if there is none. */
export function faultIn(text) {
  const reader = { text, at: 0 };
  if (value(reader) && reader.at === text.length) return null;
  const lines = text.slice(0, reader.at).split(/\r\n|\r|\n/);
  return { line: lines.length, column: [...lines.at(-1)].length + 1 };
}

function take(reader, kind) {
  const pattern = TOKENS[kind];
  pattern.lastIndex = reader.at;
  if (!pattern.test(reader.text)) return false;
  reader.at = pattern.lastIndex;
  return true;
}

function takeMark(reader, mark) {
  if (reader.text[reader.at] !== mark) return false;
  reader.at += 1;
  take(reader, "space");
  return true;
}

/** Reads a value and the space around it. */
function value(reader) {
  take(reader, "space");
  const mark = reader.text[reader.at];
  const read = mark === "{" ? list(reader, "{", "}", member) : mark === "[" ? list(reader, "[", "]", value) : ["string", "number", "word"].some((kind) => take(reader, kind));
  if (read) take(reader, "space");
  return read;
}

function member(reader) {
  if (!take(reader, "string")) return false;
  take(reader, "space");
  return takeMark(reader, ":") && value(reader);
}

function list(reader, open, close, item) {
  takeMark(reader, open);
  if (takeMark(reader, close)) return true;
  do {
    if (!item(reader)) return false;
  } while (takeMark(reader, ","));
  return takeMark(reader, close);
}
