// Cards that others change: put in their place without stealing focus, never while something is held.
import { refreshAges } from "../ages.js";
import { byId, fromServer, on, tell } from "../dom.js";
import { resumeFrom } from "../live.js";
import { cardOf, columns, columnOf, cardsOf, isFiltered, place, shiftCount, statusOf } from "./columns.js";
import { isDragging, sortable } from "./drag.js";
import { isCounted } from "./heads.js";
import { confirmed } from "./move.js";

let queue = [];
const touched = new Set();
let refetch = 0;

export function setUpLiveCards() {
  on("live:event", counted);
  on("live:card", (event) => { queue.push(event.card); if (!isDragging()) flush(); });
  on("board:free", flush);
  on("live:resync", reload);
  on("board:settled", ({ from, to }) => { for (const status of [from, to]) if (columnOf(status)) fetchLater(status); });
  document.addEventListener("htmx:after:swap", dropDoubles);
}

function flush() {
  if (isDragging()) return;
  const cards = queue;
  queue = [];
  for (const card of cards) {
    if (isFiltered()) later(card);
    else show(card);
  }
}

function show({ key, column, after, html, version }) {
  const old = cardOf(key);
  if (old && Number(old.dataset.version) > version) return;
  if (!html) { old?.remove(); return; }
  const made = fromServer(html);
  const from = old && statusOf(old);
  const focused = old?.contains(document.activeElement);
  if (old?.getAttribute("aria-current")) made.setAttribute("aria-current", "true");
  old?.replaceWith(made);
  if (!settled(made, column, after)) { if (!place(made, column, after)) return; }
  if (from !== column) flash(made);
  if (focused) made.querySelector(".card-link").focus({ preventScroll: true });
  refreshAges(made);
  byId("board-empty")?.remove();
}

/** A card that is already right where it belongs stays untouched, so that nothing jumps. */
function settled(card, column, after) {
  const above = card.previousElementSibling;
  return card.isConnected && statusOf(card) === column && (above?.dataset.key ?? null) === after;
}

function flash(card) {
  card.dataset.new = "";
  setTimeout(() => { delete card.dataset.new; }, 2000);
}

function counted(event) {
  if (isFiltered() || isCounted(event.seq)) return;
  const { key, before, after } = event.data ?? {};
  if (event.kind === "task.created") shiftCount("inbox", 1);
  else if (event.kind === "task.transitioned") {
    confirmed(key, after.status);
    shiftCount(before.status, -1);
    shiftCount(after.status, 1);
  } else if (event.kind === "task.imported") for (const column of columns()) fetchLater(column.dataset.status);
}

/** With filters on, only the server knows whether a card belongs on the screen. */
function later({ key, column }) {
  const old = cardOf(key);
  if (old) fetchLater(statusOf(old));
  fetchLater(column);
}

function fetchLater(status) {
  touched.add(status);
  refetch ||= setTimeout(() => {
    refetch = 0;
    const statuses = [...touched];
    touched.clear();
    statuses.forEach(refreshColumn);
  }, 250);
}

/** Draw one column anew. */
export async function refreshColumn(status) {
  const shown = cardsOf(status).querySelectorAll(".card").length;
  const query = new URLSearchParams(location.search);
  query.set("shown", String(shown));
  const response = await fetch(`/p/${document.body.dataset.project}/columns/${status}?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!response?.ok) return;
  const html = await response.text();
  if (isDragging()) { fetchLater(status); return; }
  columnOf(status).replaceWith(fromServer(html));
  revive();
}

async function reload() {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok) { setTimeout(reload, 3000); return; }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (isDragging()) { setTimeout(reload, 500); return; }
  byId("board").replaceChildren(...page.querySelectorAll("#board > .column"));
  queue = [];
  revive();
  resumeFrom(page.body.dataset.seq, page.body.dataset.epoch);
  tell("live:caught-up", {});
}

/** New columns need their behaviour back. */
export function revive() {
  for (const column of columns()) {
    sortable(column.querySelector(".cards"));
    window.htmx.process(column);
  }
  refreshAges(byId("board"));
}

/** A page of cards may bring one that moved here meanwhile. */
function dropDoubles() {
  const seen = new Set();
  for (const card of byId("board").querySelectorAll(".card[data-key]")) {
    if (seen.has(card.id)) card.remove();
    seen.add(card.id);
  }
}
