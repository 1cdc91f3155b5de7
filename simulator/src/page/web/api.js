// The server: orders go there, everything that happens comes back as events.

import { say } from "./layout.js";
import { pick, t } from "./i18n.js";

/** Posts an order. What is refused is said, and null comes back. */
export async function post(path, body = {}) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    say(t("offline"), "bad");
    return null;
  }
  if (response.status === 204) return {};
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  say(answer ? pick(answer) : response.status === 413 ? t("too-long") : t("refused-order", { status: response.status }), "bad");
  return null;
}

export async function get(path) {
  const response = await fetch(path).catch(() => null);
  return response?.ok ? response.json() : null;
}

/** Calls `apply` with each event. After a break everything comes anew. */
export function listen(apply, connected) {
  const source = new EventSource("/api/events");
  source.onmessage = (message) => apply(JSON.parse(message.data));
  source.onopen = () => connected(true);
  source.onerror = () => {
    connected(false);
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => listen(apply, connected), 2000);
    }
  };
}
