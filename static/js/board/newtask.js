// Writing a new task.
import { post, Problem } from "../api.js";
import { byId } from "../dom.js";
import { keepFields } from "../dialogdrafts.js";
import { toast } from "../toast.js";
import { openDrawer } from "./drawer.js";
import { isFiltered, cardOf } from "./columns.js";
import { refreshColumn } from "./livecards.js";

const dialog = byId("new-task");
const form = dialog.querySelector("form");
let kept = null;
form.addEventListener("submit", (event) => { event.preventDefault(); create(dialog, form); });

/** Ask for a new task. */
export function openNewTask() {
  if (dialog.open) return;
  clearErrors(dialog);
  kept = keepFields(`new-task:${document.body.dataset.project}`, dialog.querySelector("form"), ".input");
  dialog.showModal();
  byId("nt-title").focus();
}

async function create(dialog, form) {
  const button = form.querySelector(".btn-primary");
  clearErrors(dialog);
  button.disabled = true;
  try {
    const task = await post("/tasks", bodyOf(form));
    kept.drop();
    form.reset();
    dialog.close();
    const path = `/p/${document.body.dataset.project}/t/${task.key}`;
    toast(`${task.key} created`, { detail: task.title, tone: "good", action: { label: "Open", run: () => openDrawer(path) } });
    setTimeout(() => { if (!cardOf(task.key) && !isFiltered()) refreshColumn(task.status); }, 1500);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showErrors(dialog, problem);
  } finally {
    button.disabled = false;
  }
}

function bodyOf(form) {
  const given = Object.fromEntries(new FormData(form));
  const labels = given.labels.split(",").map((label) => label.trim()).filter(Boolean);
  return {
    project: document.body.dataset.project, title: given.title, description: given.description, type: given.type,
    ...(given.priority ? { priority: Number(given.priority) } : {}),
    ...(labels.length ? { labels } : {}),
    ...(given.agent ? { agents: [given.agent] } : {}),
  };
}

function clearErrors(dialog) {
  for (const error of dialog.querySelectorAll("[data-error]")) error.hidden = true;
}

function showErrors(dialog, problem) {
  const general = dialog.querySelector('[data-error=""]');
  const loose = [];
  for (const { field, message } of problem.errors) {
    const place = dialog.querySelector(`[data-error="${CSS.escape(field.split(".")[0])}"]`);
    if (!place) { loose.push(message); continue; }
    place.textContent = message;
    place.hidden = false;
  }
  if (problem.errors.length && !loose.length) return;
  general.textContent = [problem.message, ...loose].join(" ");
  general.hidden = false;
}
