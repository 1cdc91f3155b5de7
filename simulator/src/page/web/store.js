// The state of the page. Its parts subscribe to changes by topic.

import { prefs, remember } from "./prefs.js";

export const state = {
  loaded: false,
  run: "",
  bot_url: "",
  app_id: "",
  original_id: "",
  kind: "official",
  format: "xml",
  mode: "safe",
  /** The kinds of accounts that the page can be switched to: `{ name, title, formats, modes }`. */
  account_kinds: [],
  split_cdata: false,
  rules: {},
  fans: [],
  menu: { button: [] },
  exchanges: new Map(),
  attacks: [],
  attack_statuses: {},
  verified: null,
  /** The state of a bot that the simulator starts, else null. */
  bot: null,
  /** The id of the exchange that a person chose for the inspector; null while it follows the newest one. */
  chosen: null,
  /** The id of the exchange in the inspector. */
  selected: null,
  /** The attack in the inspector and the number of its request, as `{ name, probe }`, or null. */
  forged: null,
};

const listeners = new Map();

/** Calls `listener` on changes of one of `topics`: state, bot, exchange, fans, mode, split-cdata, menu, attack, verified, secrets, fan, selected, lang. */
export function on(topics, listener) {
  for (const topic of topics.split(" ")) {
    if (!listeners.has(topic)) listeners.set(topic, []);
    listeners.get(topic).push(listener);
  }
}

export function emit(topic, value) {
  for (const listener of listeners.get(topic) ?? []) listener(value);
}

/** Applies an event from the server. */
export function apply({ event, ...values }) {
  switch (event) {
    case "state":
      load(values);
      break;
    case "exchange":
      add(values.exchange);
      emit("exchange", values.exchange);
      follow();
      break;
    case "fans":
      state.fans = values.fans;
      emit("fans");
      break;
    case "mode":
      state.mode = values.mode;
      state.attack_statuses = {};
      emit("mode");
      break;
    case "split_cdata":
      state.split_cdata = values.split_cdata;
      emit("split-cdata");
      break;
    case "menu":
      state.menu = values.menu;
      emit("menu");
      break;
    case "attack":
      state.attack_statuses = { ...state.attack_statuses, [values.name]: values.status };
      emit("attack", values.name);
      break;
    case "verified":
      state.verified = values.verified;
      emit("verified");
      break;
    case "bot":
      state.bot = values.bot;
      state.bot_url = values.bot.url ?? state.bot_url;
      emit("bot");
      break;
    case "cleared":
      state.exchanges.clear();
      select(null);
      emit("state");
      break;
  }
}

function load({ exchanges, ...values }) {
  const switched = state.loaded && (state.kind !== values.kind || state.format !== values.format);
  Object.assign(state, values, { loaded: true });
  state.exchanges.clear();
  for (const exchange of exchanges) add(exchange);
  // Ids of an earlier start of the server are invalid now.
  if (prefs.run !== state.run) remember({ run: state.run, selected: null });
  state.chosen = state.exchanges.has(prefs.selected) ? prefs.selected : null;
  state.selected = inspected();
  if (!state.attack_statuses[state.forged?.name]) state.forged = null;
  emit("state");
  emit("selected");
  // The attacks of another account are others.
  if (switched) emit("mode");
}

/** Whether accounts of the kind have fans who follow them. */
export const hasFollowers = () => ["official", "platform"].includes(state.kind);

/** Whether the users are members of a company. */
export const hasMembers = () => ["wecom", "aibot"].includes(state.kind);

/** Whether accounts of the kind have a custom menu. */
export const hasMenu = () => ["official", "platform", "wecom"].includes(state.kind);

function add(exchange) {
  if (exchange.running) exchange.running.since = performance.now() - exchange.running.elapsed_ms;
  exchange.field = Object.fromEntries(exchange.fields);
  state.exchanges.set(exchange.id, exchange);
}

/** The current fan. */
export function fan() {
  return state.fans.find((found) => found.name === prefs.fan) ?? state.fans[0];
}

export function chooseFan(name) {
  remember({ fan: name });
  emit("fan");
  follow();
}

export const exchangesOf = (name) => [...state.exchanges.values()].filter((exchange) => exchange.fan === name);

const newest = () => exchangesOf(fan()?.name).at(-1)?.id ?? null;
const inspected = () => state.chosen ?? newest();

function follow() {
  if (inspected() === state.selected) return;
  state.selected = inspected();
  emit("selected");
}

/** Chooses an exchange for the inspector. With the newest one, or with null, the inspector follows the conversation. */
export function select(id) {
  state.chosen = id === newest() ? null : id;
  state.selected = inspected();
  state.forged = null;
  remember({ selected: state.chosen });
  emit("selected");
}

/** Opens a request of an attack in the inspector in the place of the exchange; the exchange again if `name` is null. */
export function inspectAttack(name, probe = 0) {
  state.forged = name === null ? null : { name, probe };
  emit("selected");
}
