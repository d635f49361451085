// One place for keyboard keys. Off while typing, while a dialog is open and with modifiers held.
import { byId, isTyping } from "./dom.js";

const bound = new Map();
let prefix = "";
let forget = 0;

/** Bind a key ("c", "?", "Escape", or "g b" for two in a row) to a handler. */
export function bind(key, handler) {
  bound.set(key, handler);
}

export function setUpKeys() {
  document.addEventListener("keydown", pressed);
  bind("?", () => byId("help")?.showModal());
  const slug = document.body.dataset.project;
  if (!slug) return;
  bind("g b", () => location.assign(`/p/${slug}`));
  bind("g a", () => location.assign(`/p/${slug}/agents`));
  bind("g s", () => location.assign(`/p/${slug}/search`));
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
