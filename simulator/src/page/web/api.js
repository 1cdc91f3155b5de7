// The server: requests go there, and everything that happens comes back as events.

import { notify } from "./layout.js";
import { pick, t } from "./i18n.js";

/** Posts a request. If it fails, a notice is shown and the result is null. */
export async function post(path, body = {}) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    notify(t("offline"), "bad");
    return null;
  }
  if (response.status === 204) return {};
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  notify(answer ? pick(answer) : response.status === 413 ? t("too-long") : t("refused-request", { status: response.status }), "bad");
  return null;
}

export async function get(path) {
  const response = await fetch(path).catch(() => null);
  return response?.ok ? response.json() : null;
}

/** Calls `apply` with each event. After a reconnect the complete state is sent again. */
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
