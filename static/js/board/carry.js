// Dragging by keyboard: Space picks up, arrows carry, Space drops, Esc puts back. Each step is announced.
import { announce, isTyping } from "../dom.js";
import { bookmark, cardsOf, columns, isFolded, laneOf, statusOf } from "./columns.js";
import { lift, putDown } from "./drag.js";
import { dropped } from "./move.js";
import { mention } from "../keys.js";
import { label, verdict } from "./workflow.js";

let carried = null;

export function setUpCarry() {
  document.addEventListener("keydown", pressed, true);
  mention("Space ← ↑ ↓ → Space", "Pick up, carry, drop", "Card");
  document.addEventListener("focusout", (event) => { if (carried && !carried.moving && event.target === carried.link) setTimeout(checkFocus); });
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (carried) { carry(event); return; }
  const link = event.target.closest?.(".card-link");
  if (event.key === " " && link && document.body.dataset.role !== "viewer") { stop(event); pickUp(link); }
}

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function pickUp(link) {
  const card = link.closest(".card");
  carried = { card, link, from: statusOf(card), back: bookmark(card), lane: laneOf(card), start: placeOf(card), moving: false };
  card.dataset.lifted = "";
  lift(card.dataset.key, carried.from);
  announce(`Picked up ${card.dataset.key} in ${label(carried.from)}. Arrows carry it, Space drops it, Escape puts it back.`);
}

const KEYS = { ArrowUp: () => step(-1), ArrowDown: () => step(1), ArrowLeft: () => across(-1), ArrowRight: () => across(1), " ": drop, Enter: drop, Escape: putBack };

function carry(event) {
  stop(event);
  KEYS[event.key]?.();
}

function hold(move) {
  carried.moving = true;
  move();
  carried.link.focus();
  carried.card.scrollIntoView({ block: "nearest", inline: "nearest" });
  carried.moving = false;
}

function step(way) {
  const { card } = carried;
  const other = way < 0 ? card.previousElementSibling : card.nextElementSibling;
  if (other?.matches(".lane-head") && (way > 0 || other.previousElementSibling)) {
    hold(() => (way < 0 ? other.before(card) : other.after(card)));
    announce(`Lane ${laneOf(card).textContent.trim()}. ${placeOf(card)} in ${label(statusOf(card))}.`);
    return;
  }
  if (!other?.matches(".card")) { announce(way < 0 ? "Top of the column." : "End of the cards shown."); return; }
  hold(() => (way < 0 ? other.before(card) : other.after(card)));
  announce(`${placeOf(card)} in ${label(statusOf(card))}.`);
}

function across(way) {
  const { card, from } = carried;
  const open = columns().map((column) => column.dataset.status).filter((status) => !isFolded(status));
  const to = open[open.indexOf(statusOf(card)) + way];
  if (!to) { announce("No further column."); return; }
  hold(() => cardsOf(to).prepend(card));
  const found = verdict(from, to);
  announce(`${label(to)}. ${found.verdict === "no" ? "Not allowed. " : ""}${found.text}`);
}

const placeOf = (card) => {
  const cards = [...card.parentElement.querySelectorAll(".card")];
  return `Place ${cards.indexOf(card) + 1} of ${cards.length}`;
};

function drop() {
  const { card, from, back, lane, link, start } = carried;
  release();
  link.focus();
  if (statusOf(card) !== from || placeOf(card) !== start || laneOf(card) !== lane) dropped(card, from, back, lane);
  else announce("Dropped where it was.");
}


function putBack() {
  const { card, back, link } = carried;
  release();
  back();
  link.focus();
  announce(`${card.dataset.key} is back where it was.`);
}

function release() {
  delete carried.card.dataset.lifted;
  carried = null;
  putDown();
}

function checkFocus() {
  if (carried && !carried.card.contains(document.activeElement)) putBack();
}
