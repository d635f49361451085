// Moving a card: at once on the screen, then on the server; refused, it goes back with the reason.
import { get, post } from "../api.js";
import { announce, tell } from "../dom.js";
import { refused, toast } from "../toast.js";
import { bookmark, cardOf, laneOf, lanesBy, neighbours, place, shiftCount, statusOf } from "./columns.js";
import { askFor } from "./gate.js";
import { label } from "./workflow.js";

const UNDO_S = 8;
const own = new Map();

/** The stream tells of a move this page made: what was counted ahead of it is taken back, the event counts. */
export function confirmed(key, to) {
  const step = own.get(key);
  if (step?.to === to) forget(step);
}

/** Whether the counts hold moves the stream has not told of yet. */
export const isAhead = () => own.size > 0;

function ahead(step) {
  own.set(step.key, step);
  count(step, 1);
}

function forget(step) {
  if (own.get(step.key) !== step) return;
  own.delete(step.key);
  count(step, -1);
}

/** The role that may force an edge. */
export const mayOverride = () => ["owner", "operator"].includes(document.body.dataset.role);

/** Move the card called `key` to the top of a column. */
export async function moveTo(key, to) {
  const card = cardOf(key);
  const from = card ? statusOf(card) : null;
  if (!card) return settle({ key, from, to, back: () => {}, spot: {} });
  const back = bookmark(card);
  const focused = card.contains(document.activeElement);
  place(card, to, null);
  if (focused) card.querySelector(".card-link").focus();
  return settle({ key, from, to, back, spot: {} });
}

/** The card was dropped: `from` is the column it came from, `back` puts it there again. */
export function dropped(card, from, back, lane = null) {
  const to = statusOf(card);
  if (lane && laneOf(card)?.dataset.lane !== lane.dataset.lane) {
    toast("A card stays in its lane", { detail: `Dropping moves it between columns only. To change its lane, change its ${lanesBy()}.` });
  }
  return settle({ key: card.dataset.key, from, to, back, spot: neighbours(card) });
}

async function settle(step) {
  const { key, from, to, spot } = step;
  const changes = from !== to;
  mark(key, true);
  if (changes) ahead(step);
  try {
    await post(`/tasks/${key}/move`, changes ? { to, ...spot } : spot);
    if (changes) done(step);
    return true;
  } catch (problem) {
    return await mend(step, problem);
  } finally {
    mark(key, false);
    if (lanesBy()) tell("board:settled", { from, to });
  }
}

async function mend(step, problem) {
  const { key, to } = step;
  if (step.from !== to && problem.status === 422 && problem.code !== "no_edge" && problem.errors.length) {
    const filled = await askFor({ key, to, problem, spot: step.spot, mayOverride: mayOverride() });
    if (filled) { done(step); return true; }
    undone(step);
    announce(`${key} stays in ${label(step.from)}.`);
    return false;
  }
  undone(step);
  const force = problem.status === 422 && mayOverride() && step.from !== to
    ? { label: "Override…", run: () => override(step, problem) } : null;
  refused(`${key} was not moved`, problem, force);
  announce(`${key} was not moved. ${problem.message}`);
  return false;
}

async function override(step, problem) {
  const filled = await askFor({ key: step.key, to: step.to, problem, spot: {}, mayOverride: true, only: "override" });
  if (!filled) return;
  const card = cardOf(step.key);
  if (card) place(card, step.to, null);
  ahead(step);
  done(step);
}

function undone(step) {
  step.back();
  forget(step);
}

function count({ from, to }, by) {
  if (from) shiftCount(from, -by);
  shiftCount(to, by);
}

function mark(key, pending) {
  cardOf(key)?.toggleAttribute("data-pending", pending);
}

function done(step) {
  const { key, from, to } = step;
  announce(`${key} moved to ${label(to)}.`);
  tell("board:moved", { key, from, to });
  if (!from) { toast(`${key} moved to ${label(to)}`, { tone: "good" }); return; }
  toast(`${key} moved to ${label(to)}`, { tone: "good", seconds: UNDO_S, action: { label: "Undo", run: () => undo(step) } });
}

async function undo({ key, from, to, back }) {
  const card = cardOf(key);
  if (card && statusOf(card) === to) back();
  const step = { key, from: to, to: from };
  ahead(step);
  try {
    await backOnServer(key, from);
    announce(`${key} is back in ${label(from)}.`);
    tell("board:moved", { key, from: to, to: from });
  } catch (problem) {
    forget(step);
    if (card) place(cardOf(key) ?? card, to, null);
    refused(`${key} could not be moved back`, problem);
  }
}

async function backOnServer(key, to) {
  const card = cardOf(key);
  const spot = card ? neighbours(card) : {};
  try {
    await post(`/tasks/${key}/move`, { to, ...spot });
  } catch (problem) {
    const task = await get(`/tasks/${key}`);
    if (task.status === to) return;
    if (problem.status !== 422 || !mayOverride()) throw problem;
    await post(`/tasks/${key}/move`, { to, ...spot, override: true, reason: "Undo of a move on the board" });
  }
}
