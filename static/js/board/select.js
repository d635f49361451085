// Selecting cards: x on the one with the focus, Ctrl or Cmd and a click, Shift and a click for a range. What is
// selected is on the screen: a card that leaves the board leaves the selection.
import { announce, byId, isTyping, tell } from "../dom.js";
import { bind } from "../keys.js";
import { needed } from "../needed.js";
import { board, cardOf } from "./columns.js";

const BULK_KEYS = { m: "move", a: "assign", l: "labels", p: "priority" };
const chosen = new Set();
let anchor = "";
let painting = 0;

/** The keys of the selected cards, in the order they were selected. */
export const selected = () => [...chosen];
export const isSelected = (key) => chosen.has(key);

export function setUpSelect() {
  if (!byId("bulk")) return;
  bind("x", () => {
    const card = document.activeElement?.closest?.(".card");
    if (!card) return false;
    toggle(card.dataset.key);
    return true;
  }, "Select, clear", "Card");
  board().addEventListener("click", clicked, true);
  byId("bulk").addEventListener("click", inBar);
  document.addEventListener("keydown", pressed, true);
  new MutationObserver(repaint).observe(board(), { childList: true, subtree: true });
}

export function toggle(key) {
  if (!chosen.delete(key)) chosen.add(key);
  anchor = key;
  changed();
}

export function clear() {
  if (!chosen.size) return;
  chosen.clear();
  changed();
}

/** Keep only these cards selected. */
export function keep(keys) {
  chosen.clear();
  for (const key of keys) chosen.add(key);
  changed();
}

function clicked(event) {
  const card = event.target.closest(".card[data-key]");
  if (!card || event.target.closest(".card-menu") || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  card.querySelector(".card-link").focus({ preventScroll: true });
  if (event.shiftKey) range(card);
  else toggle(card.dataset.key);
}

/** From the card selected last to this one, where both are in one column. */
function range(card) {
  const cards = [...card.parentElement.querySelectorAll(".card[data-key]")];
  const [from, to] = [cards.indexOf(cardOf(anchor)), cards.indexOf(card)];
  const between = from < 0 ? [card] : cards.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of between) chosen.add(one.dataset.key);
  if (from < 0) anchor = card.dataset.key;
  changed();
}

function inBar(event) {
  const action = event.target.closest("[data-bulk]")?.dataset.bulk;
  if (action) change(action);
  else if (event.target.closest("[data-bulk-clear]")) clear();
}

/** What changes many cards is fetched once there are many to change. */
async function change(action) {
  (await needed(import("./bulk.js")))?.start(action);
}

function pressed(event) {
  if (chosen.size && BULK_KEYS[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) {
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    change(BULK_KEYS[event.key]);
    return;
  }
  if (event.key !== "Escape" || !chosen.size || isTyping(event.target) || document.body.hasAttribute("data-dragging")) return;
  if (document.querySelector("dialog[open], details[data-menu][open], [popover]:popover-open")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const fromBar = byId("bulk").contains(document.activeElement);
  const back = cardOf(anchor)?.querySelector(".card-link");
  clear();
  if (fromBar) back?.focus();
}

function changed() {
  paint();
  announce(chosen.size ? `${chosen.size} selected.` : "Nothing selected.");
}

/** Cards come and go and are drawn anew; the selection follows, once a frame. */
function repaint() {
  if (chosen.size) painting ||= requestAnimationFrame(() => { painting = 0; if (!document.body.hasAttribute("data-dragging")) paint(); });
}

function paint() {
  for (const key of chosen) if (!cardOf(key)) chosen.delete(key);
  for (const card of board().querySelectorAll(".card[data-selected]")) if (!chosen.has(card.dataset.key)) mark(card, false);
  for (const key of chosen) mark(cardOf(key), true);
  byId("bulk").hidden = !chosen.size;
  byId("bulk-count").textContent = `${chosen.size} selected`;
  tell("board:selected", { keys: selected() });
}

function mark(card, on) {
  card.toggleAttribute("data-selected", on);
  const link = card.querySelector(".card-link");
  if (on) link.setAttribute("aria-description", "Selected");
  else link.removeAttribute("aria-description");
}
