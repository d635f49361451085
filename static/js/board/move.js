// Moving a card: at once on the screen, then on the server; refused, it goes back with the reason.
import { post } from "../api.js";
import { announce, tell } from "../dom.js";
import { needed } from "../needed.js";
import { refused, toast } from "../toast.js";
import { bookmark, cardOf, laneOf, lanesBy, neighbours, place, shiftCount, statusOf } from "./columns.js";
import { bind } from "../keys.js";
import { label } from "./workflow.js";

const own = new Map();

const undoing = () => needed(import("../undo.js"));

export function setUpMoves() {
  if (document.body.dataset.role === "viewer") return;
  bind("z", () => { undoing().then((undo) => undo?.undoLast()); }, "Undo the last change", "Board");
}

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
  place(card, to, null);
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

/** The dialog that asks for what is missing; what the server answered once it has taken it, or null. */
async function askFor(asked) {
  return (await needed(import("./gate.js")))?.askFor(asked) ?? null;
}

async function settle(step) {
  const { key, from, to, spot } = step;
  const changes = from !== to;
  mark(key, true);
  if (changes) ahead(step);
  try {
    const answer = await post(`/tasks/${key}/move`, { ...(changes ? { to } : {}), ...spot, undoable: true });
    if (changes) done(step, [answer]);
    else placed(step, answer);
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
    const answers = await askFor({ key, to, problem, spot: step.spot, mayOverride: mayOverride() });
    if (answers) { done(step, answers); return true; }
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
  const answers = await askFor({ key: step.key, to: step.to, problem, spot: {}, mayOverride: true, only: "override" });
  if (!answers) return;
  const card = cardOf(step.key);
  if (card) place(card, step.to, null);
  ahead(step);
  done(step, answers);
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

function done(step, answers) {
  const { key, from, to } = step;
  announce(`${key} moved to ${label(to)}.`);
  tell("board:moved", { key, from, to });
  undoing().then((undo) => undo?.offer(`${key} moved to ${label(to)}`, answers, from ? backAgain(step) : {}));
}

/** A new place in the same column: the toast only where there is something to undo. */
function placed({ key }, answer) {
  if (answer.undo) undoing().then((undo) => undo?.offer(`${key} has a new place`, [answer]));
}

/** What shows an undo on the board before the server has decided, and what takes that back. */
function backAgain({ key, from, to, back }) {
  const step = { key, from: to, to: from };
  let card = null;
  return {
    putBack: () => {
      card = cardOf(key);
      if (card && statusOf(card) === to) back();
      ahead(step);
    },
    failed: () => {
      forget(step);
      if (card) place(cardOf(key) ?? card, to, null);
    },
  };
}
