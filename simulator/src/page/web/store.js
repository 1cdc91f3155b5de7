// What the page knows. Parts of the page say which changes they want to hear of.

import { prefs, remember } from "./prefs.js";

export const state = {
  loaded: false,
  run: "",
  bot_url: "",
  app_id: "",
  original_id: "",
  mode: "safe",
  split_cdata: false,
  rules: {},
  fans: [],
  menu: { button: [] },
  exchanges: new Map(),
  attacks: [],
  tried: {},
  verified: null,
  /** The exchange that is looked at. */
  selected: null,
};

const listeners = new Map();

/** Calls `hear` at changes of one of `topics`: state, exchange, fans, mode, writing, menu, tried, verified, fan, selected, lang. */
export function on(topics, hear) {
  for (const topic of topics.split(" ")) {
    if (!listeners.has(topic)) listeners.set(topic, []);
    listeners.get(topic).push(hear);
  }
}

export function tell(topic, value) {
  for (const hear of listeners.get(topic) ?? []) hear(value);
}

/** Applies an event of the server's. */
export function apply({ event, ...values }) {
  switch (event) {
    case "state":
      load(values);
      break;
    case "exchange":
      keep(values.exchange);
      tell("exchange", values.exchange);
      break;
    case "fans":
      state.fans = values.fans;
      tell("fans");
      break;
    case "mode":
      state.mode = values.mode;
      state.tried = {};
      tell("mode");
      break;
    case "writing":
      state.split_cdata = values.split_cdata;
      tell("writing");
      break;
    case "menu":
      state.menu = values.menu;
      tell("menu");
      break;
    case "attack":
      state.tried = { ...state.tried, [values.name]: values.tried };
      tell("tried", values.name);
      break;
    case "verified":
      state.verified = values.verified;
      tell("verified");
      break;
    case "cleared":
      state.exchanges.clear();
      select(null);
      tell("state");
      break;
  }
}

function load({ exchanges, ...values }) {
  Object.assign(state, values, { loaded: true });
  state.exchanges.clear();
  for (const exchange of exchanges) keep(exchange);
  // Numbers of an earlier start of the server mean nothing now.
  if (prefs.run !== state.run) remember({ run: state.run, selected: null });
  state.selected = state.exchanges.has(prefs.selected) ? prefs.selected : null;
  tell("state");
  tell("selected");
}

function keep(exchange) {
  if (exchange.running) exchange.running.since = performance.now() - exchange.running.elapsed_ms;
  exchange.field = Object.fromEntries(exchange.fields);
  state.exchanges.set(exchange.id, exchange);
}

/** The fan who speaks. */
export function fan() {
  return state.fans.find((found) => found.name === prefs.fan) ?? state.fans[0];
}

export function chooseFan(name) {
  remember({ fan: name });
  tell("fan");
}

export const exchangesOf = (name) => [...state.exchanges.values()].filter((exchange) => exchange.fan === name);

export function select(id) {
  state.selected = id;
  remember({ selected: id });
  tell("selected");
}
