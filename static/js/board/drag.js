// Dragging by pointer and touch.
import { get } from "../api.js";
import { tell } from "../dom.js";
import { board, bookmark, columns, laneOf, statusOf } from "./columns.js";
import { dropped } from "./move.js";
import { verdict } from "./workflow.js";

let held = null;
let loading = null;
let pressed = null;

export const isDragging = () => held !== null || document.body.hasAttribute("data-dragging");

export function setUpDrag() {
  if (document.body.dataset.role === "viewer") return;
  for (const type of ["pointerover", "pointerdown"]) board().addEventListener(type, wanted, { capture: true, passive: true });
  for (const type of ["pointerup", "pointercancel"]) addEventListener(type, () => { pressed = null; }, { capture: true, passive: true });
}

/** The library comes with the first pointer over the board. A press that came before it is told to it afterwards. */
function wanted(event) {
  if (window.Sortable) return;
  if (event.type === "pointerdown") pressed = event;
  loading ??= load().then(() => {
    for (const column of columns()) sortable(column.querySelector(".cards"));
    const { target } = pressed ?? {};
    if (target?.isConnected) target.dispatchEvent(new PointerEvent("pointerdown", pressed));
  }, () => { loading = null; });
}

function load() {
  return new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: board().dataset.sortableSrc, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

export function sortable(cards) {
  if (!window.Sortable || cards.dataset.sortable || document.body.dataset.role === "viewer") return;
  cards.dataset.sortable = "true";
  window.Sortable.create(cards, {
    group: "board", draggable: ".card", filter: ".card-menu", preventOnFilter: false, animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    delay: 180, delayOnTouchOnly: true, touchStartThreshold: 6, forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4,
    ghostClass: "card-ghost", fallbackClass: "card-fallback", scrollSensitivity: 64, scrollSpeed: 16,
    onStart: ({ item }) => { held = { item, from: statusOf(item), back: bookmark(item), lane: laneOf(item) }; lift(item.dataset.key, held.from); },
    onEnd: ({ item, from, to, oldDraggableIndex, newDraggableIndex }) => {
      const { from: origin, back, lane } = held;
      held = null;
      putDown();
      if (from === to && oldDraggableIndex === newDraggableIndex && laneOf(item) === lane) return;
      dropped(item, origin, back, lane);
    },
  });
}

/** Colour the columns for a card that is held. */
export function lift(key, from) {
  document.body.dataset.dragging = key;
  colour(from, null);
  get(`/tasks/${key}`).then((task) => { if (document.body.dataset.dragging === key) colour(from, task); }, () => {});
}

export function putDown() {
  delete document.body.dataset.dragging;
  for (const column of columns()) delete column.dataset.verdict;
  tell("board:free");
}

function colour(from, task) {
  for (const column of columns()) {
    if (column.dataset.status === from) continue;
    const found = verdict(from, column.dataset.status, task);
    column.dataset.verdict = found.verdict;
    column.querySelector(".column-verdict").textContent = found.text;
  }
}
