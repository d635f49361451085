// What a drop would do, read from the workflow table the server put into the page. The server always has the last word.
import { byId } from "../dom.js";

let table = null;
const edges = new Map();

function load() {
  if (table) return;
  table = JSON.parse(byId("workflow").textContent);
  for (const edge of table.edges) edges.set(`${edge.from}>${edge.to}`, edge);
}

export function statuses() {
  load();
  return table.statuses;
}

export function label(status) {
  load();
  return table.statuses.find((known) => known.name === status)?.label ?? status;
}

const STORED = {
  triaged: (task) => Boolean(task.title?.trim() && task.description?.trim() && task.priority),
  unassigned: (task) => !assigneeCount(task),
  assigned: (task) => assigneeCount(task) > 0,
  work_plan: (task) => within(task.work_plan?.bullets?.length, 3, 6),
  deliverable: (task) => Boolean(task.deliverable?.summary?.trim() || task.deliverable?.content?.trim()),
  checklist: (task) => Boolean(task.checklist?.items?.length && task.checklist.items.every((item) => item.checked || item.note?.trim())),
};

const within = (count, low, high) => count >= low && count <= high;

export function assigneeCount(task) {
  const given = task.assignees;
  if (Array.isArray(given)) return given.length;
  return (given?.agents?.length ?? 0) + (given?.users?.length ?? 0);
}

/** {verdict: "legal" | "needs" | "no", text} for moving `task` (null while unknown) from one column to another. */
export function verdict(from, to, task = null) {
  load();
  if (from === to) return { verdict: "legal", text: "" };
  const edge = edges.get(`${from}>${to}`);
  if (!edge) return { verdict: "no", text: `There is no step from ${label(from)} to ${label(to)}.` };
  if (!edge.actors.some((actor) => actor.startsWith("H"))) return { verdict: "no", text: "Only Mission Control itself takes this step." };
  const missing = edge.requirements.filter((need) => applies(need) && !(task && STORED[need.name]?.(task)));
  if (!missing.length) return { verdict: "legal", text: "" };
  return { verdict: "needs", text: `Needs ${missing.map((need) => need.text).join("; ")}.` };
}

function applies(need) {
  return table.guarded || !need.gate;
}
