// One place for keyboard keys: what they do, and what the sheet on "?" says of them.
// Off while typing, while a dialog is open and with modifiers held.
import { byId, el, isTyping } from "./dom.js";

const bound = new Map();
const told = new Map();
const FIRST = ["Everywhere", "Go to", "Board", "Card"];
let prefix = "";
let forget = 0;

/** Bind a key ("c", "?", "Escape", or "g b" for two in a row) to a handler; the sheet shows `title` under `group`. */
export function bind(key, handler, title, group) {
  bound.set(key, handler);
  mention(key, title, group);
}

/** Put keys into the sheet that are heard elsewhere, like those that carry a card: one after the other, "Space ←". */
export function mention(keys, title, group) {
  told.set(keys, { keys, title, group });
}

export function setUpKeys() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("keydown", sends);
  document.addEventListener("click", (event) => { if (event.target.closest("[data-help]")) showSheet(); });
  bind("?", showSheet, "This list", "Everywhere");
  mention("Ctrl Enter", "Send what you write", "Everywhere");
}

/** Ctrl and Enter send a form that says so, also where the script behind it is still on its way. */
function sends(event) {
  const form = (event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.closest?.("form[data-ctrl-enter]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
}

function showSheet() {
  byId("keys").replaceChildren(...grouped().map(([group, rows]) => el("section", { class: "stack stack-s" },
    el("h3", { class: "section-title" }, group), el("dl", { class: "keys" }, ...gathered(rows).flatMap(pair)))));
  byId("help").showModal();
}

function grouped() {
  const groups = new Map(FIRST.map((group) => [group, []]));
  for (const row of told.values()) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return [...groups].filter(([, rows]) => rows.length);
}

/** Rows of one title stand together: Edit e p l. */
function gathered(rows) {
  const titles = new Map();
  for (const { title, keys } of rows) titles.set(title, [...(titles.get(title) ?? []), keys]);
  return [...titles];
}

function pair([title, ways]) {
  const shown = ways.flatMap((keys) => keys.split(" ").flatMap((key) => [el("kbd", {}, key === "Escape" ? "Esc" : key), " "]));
  return [el("dt", {}, title), el("dd", {}, ...shown)];
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const handler = bound.get(prefix ? `${prefix} ${event.key}` : event.key);
  clearTimeout(forget);
  prefix = !prefix && event.key === "g" ? "g" : "";
  if (prefix) forget = setTimeout(() => { prefix = ""; }, 1200);
  if (handler && handler(event) !== false) event.preventDefault();
}
