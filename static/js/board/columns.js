// Columns: folding, counts, and where a card goes. A card's neighbours are named by key, never by index.
import { byId } from "../dom.js";

export const board = () => byId("board");
export const columnOf = (status) => byId(`column-${status}`);
export const cardsOf = (status) => columnOf(status)?.querySelector(".cards");
export const cardOf = (key) => byId(`card-${key}`);
export const statusOf = (card) => card.closest(".column")?.dataset.status;
export const isFolded = (status) => columnOf(status)?.hasAttribute("data-folded");
export const columns = () => [...board().querySelectorAll(".column")];

export function setUpColumns() {
  board().addEventListener("click", (event) => {
    const column = event.target.closest(".column");
    if (!column) return;
    if (event.target.closest("[data-fold]") || (column.hasAttribute("data-folded") && !event.target.closest(".card"))) toggleFold(column);
  });
}

function toggleFold(column) {
  setFolded(column, !column.hasAttribute("data-folded"));
  const folded = columns().filter((one) => one.hasAttribute("data-folded")).map((one) => one.dataset.status);
  document.cookie = `mc_folded=${folded.join(".") || "none"}; path=/; max-age=31536000; samesite=lax`;
}

function setFolded(column, folded) {
  column.toggleAttribute("data-folded", folded);
  const button = column.querySelector("[data-fold]");
  button.setAttribute("aria-expanded", String(!folded));
  button.setAttribute("aria-label", `${folded ? "Unfold" : "Fold"} ${column.dataset.label}`);
}

/** The keys of the cards right above and below, as the server's move takes them. */
export function neighbours(card) {
  const above = sibling(card, "previousElementSibling");
  const below = sibling(card, "nextElementSibling");
  return { after: above?.dataset.key, before: below?.dataset.key };
}

function sibling(card, way) {
  let other = card[way];
  while (other && !other.matches(".card[data-key], .lane-head")) other = other[way];
  return other?.matches(".card") ? other : null;
}

/** Put a card right below the card called `after`; on top when that is null. False when that place is not loaded yet. */
export function place(card, status, after) {
  const cards = cardsOf(status);
  const focused = card.contains(document.activeElement);
  const above = after ? cards.querySelector(`#card-${CSS.escape(after)}`) : null;
  const more = cards.querySelector(".more");
  if (above) above.after(card);
  else if (!after) cards.prepend(card);
  else if (more) { card.remove(); return false; }
  else cards.append(card);
  card.dataset.status = status;
  if (focused) focusOn(card);
  return true;
}

/** A card that is put elsewhere loses the focus: give it back. */
const focusOn = (card) => card.querySelector(".card-link").focus();

/** The head of the lane a card is in, or null on a board without lanes. */
export function laneOf(card) {
  let head = card.previousElementSibling;
  while (head && !head.matches(".lane-head")) head = head.previousElementSibling;
  return head;
}

/** What makes the board's lanes, "" for none. */
export const lanesBy = () => board().dataset.lanes;

/** Remember where a card is, and how to put it back there. */
export function bookmark(card) {
  const home = card.parentElement;
  const next = card.nextElementSibling;
  const status = statusOf(card);
  return () => {
    const here = cardOf(card.dataset.key) ?? card;
    const focused = here.contains(document.activeElement);
    home.insertBefore(here, next?.parentElement === home ? next : home.querySelector(".more"));
    here.dataset.status = status;
    if (focused) focusOn(here);
  };
}

export function shiftCount(status, by) {
  const count = columnOf(status)?.querySelector(".column-count");
  if (count) setCount(status, Math.max(0, Number(count.dataset.count) + by));
}

export function setCount(status, now) {
  const count = columnOf(status).querySelector(".column-count");
  const limit = Number(count.dataset.limit || 0);
  count.dataset.count = String(now);
  count.textContent = limit ? `${now}/${limit}` : String(now);
  if (!limit || now < limit) delete count.dataset.wip;
  else count.dataset.wip = now === limit ? "at" : "over";
  if (!now) columnOf(status).querySelector(".column-age").replaceChildren();
}

/** Filters hide cards the stream still talks about. */
export const isFiltered = () => board().dataset.filtered === "true";

