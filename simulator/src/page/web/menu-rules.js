// What WeChat accepts as a custom menu.

import { t } from "./i18n.js";

export const MAX_BUTTONS = 3;
export const MAX_SUB_BUTTONS = 5;

/** The types that push an event. A button without a type has sub-buttons. */
export const TYPES = ["click", "view", "miniprogram", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select"];

const MEMBERS = ["type", "key", "url", "appid", "pagepath"];
const CARRIED = { view: ["url"], miniprogram: ["appid", "pagepath", "url"] };
const LIMITS = { name: 16, key: 128, url: 1024, appid: 128, pagepath: 1024 };

/** The members that a button of its type has, besides its name. */
export const membersOf = ({ type }) => CARRIED[type] ?? (TYPES.includes(type) ? ["key"] : []);

/** The longest value, in bytes. */
export const limitOf = (member, isSub) => (member === "name" && isSub ? 60 : LIMITS[member]);

export const bytes = (text) => new TextEncoder().encode(text).length;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => value === undefined || typeof value === "string";
const isButton = (button) => isObject(button) && isText(button.name) && MEMBERS.every((member) => isText(button[member]));

/** The menu in any JSON that WeChat writes or reads, or null. In the answer of its query it is one level deeper. */
export function menuIn(json) {
  const menu = structuredClone(json?.menu ?? json);
  if (!Array.isArray(menu?.button) || !menu.button.every(isButton)) return null;
  for (const button of menu.button) {
    const below = button.sub_button ?? [];
    if (!Array.isArray(below) || !below.every(isButton)) return null;
    if (below.length) delete button.type;
  }
  return menu;
}

/** The menu without the members that were left behind by another type. */
export function cleaned(menu) {
  const clean = structuredClone(menu);
  for (const button of clean.button) {
    for (const one of [button, ...(button.sub_button ?? [])]) {
      const kept = one.type === undefined ? [] : ["type", ...membersOf(one)];
      for (const member of MEMBERS) if (!kept.includes(member)) delete one[member];
    }
    if (button.type !== undefined) delete button.sub_button;
  }
  return clean;
}

/** What WeChat would not accept: each with the button, the member and a text. */
export function faultsOf(menu) {
  const count = menu.button.length;
  const faults = [];
  if (count < 1 || count > MAX_BUTTONS) faults.push({ text: t("menu-buttons", { n: count, limit: MAX_BUTTONS }) });
  menu.button.forEach((button, at) => {
    const where = t("menu-button", { n: at + 1 });
    faults.push(...faultsOfButton(button, false, where));
    if (button.type !== undefined) return;
    const below = button.sub_button ?? [];
    if (!below.length) faults.push({ button, member: "sub_button", where, text: t("menu-no-sub-buttons") });
    if (below.length > MAX_SUB_BUTTONS) faults.push({ button, member: "sub_button", where, text: t("menu-sub-buttons", { n: below.length, limit: MAX_SUB_BUTTONS }) });
    below.forEach((item, place) => faults.push(...faultsOfButton(item, true, t("menu-sub-button", { n: at + 1, m: place + 1 }))));
  });
  return faults;
}

function faultsOfButton(button, isSub, where) {
  const members = ["name", ...membersOf(button)].map((member) => [member, faultOf(button, member, isSub)]);
  const faults = members.filter(([, text]) => text).map(([member, text]) => ({ button, member, where, text }));
  if (isSub && button.sub_button?.length) faults.push({ button, member: "type", where, text: t("menu-nested") });
  if (button.type === undefined) return isSub ? [...faults, { button, member: "type", where, text: t("menu-no-type") }] : faults;
  return TYPES.includes(button.type) ? faults : [...faults, { button, member: "type", where, text: t("menu-no-event", { type: button.type }) }];
}

/** What is wrong with one member, or null. */
export function faultOf(button, member, isSub) {
  const [length, limit] = [bytes(button[member] ?? ""), limitOf(member, isSub)];
  if (!length) return t("menu-empty");
  return length > limit ? t("menu-too-long", { n: length, limit }) : null;
}
