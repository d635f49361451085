// Who is on a task: putting somebody on it, and taking somebody off.
import { get, post, Problem } from "../api.js";
import { announce, byId, el } from "../dom.js";
import { formDialog } from "../formdialog.js";
import { needed } from "../needed.js";
import { refused } from "../toast.js";
import { refresh } from "./drawer.js";
import { nameOf, somebody } from "./fields.js";
import { label } from "./workflow.js";

const offerUndo = (title, answer) => needed(import("../undo.js")).then((undo) => undo?.offer(title, [answer]));
const listed = (name) => ("agent" in name ? { agents: [name.agent] } : { users: [name.user] });

/** The form that puts one more on the task, in the shape of an edit (see edit.js). */
export function askWhom(task, choices) {
  const known = new Set(task.assignees.map((who) => `${who.kind}:${who.slug}`));
  const input = somebody(choices, "Choose somebody", known);
  input.id = "edit-assignees";
  const error = el("span", { class: "error", role: "alert", hidden: true });
  const save = el("button", { class: "btn btn-primary btn-s" }, "Assign");
  const cancel = el("button", { type: "button", class: "btn btn-s", onclick: () => edit.drop() }, "Cancel");
  const form = el("form", { class: "edit-form", novalidate: true, "aria-label": "Assign" },
    el("label", { class: "sr", for: input.id }, "Assign to"), input, error, el("div", { class: "row" }, save, cancel));
  const edit = { key: task.key, field: "assignees", form, input, start: "" };
  form.addEventListener("submit", (event) => { event.preventDefault(); putOn(edit, error, save); });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); edit.drop(); } });
  return edit;
}

async function putOn(edit, error, save) {
  if (!edit.input.value) { edit.input.focus(); return; }
  save.disabled = true;
  error.hidden = true;
  try {
    const answer = await post(`/tasks/${edit.key}/assign`, { ...listed(nameOf(edit.input.value)), mode: "add", undoable: true });
    offerUndo(`${edit.key} is assigned`, answer);
    edit.finish();
    await refresh();
    byId("drawer").querySelector('[data-edit="assignees"]')?.focus({ preventScroll: true });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    error.textContent = problem.errors.map((one) => one.message).join(" ") || problem.message;
    error.hidden = false;
  } finally {
    save.disabled = false;
  }
}

/** Take somebody off, after saying what follows. */
export async function takeOff(button) {
  const { key } = button.closest("[data-key]").dataset;
  const { unassign: who, name } = button.dataset;
  const send = async () => { offerUndo(`${name} is off ${key}`, await post(`/tasks/${key}/assign`, { ...listed(nameOf(who)), mode: "remove", undoable: true })); };
  button.disabled = true;
  try {
    const follows = consequence(await get(`/tasks/${key}`), who, name);
    if (follows && !(await formDialog({ title: `Take ${name} off ${key}?`, parts: [el("p", { class: "note" }, follows)], action: "Take off", send }))) return;
    if (!follows) await send();
    announce(`${name} is off ${key}.`);
    await refresh();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused(`${name} was not taken off ${key}`, problem);
  } finally {
    button.disabled = false;
  }
}

/** What taking somebody off does besides, or "" when it does nothing else. */
function consequence(task, who, name) {
  const last = task.assignees.length === 1;
  const to = last && { assigned: "inbox", in_progress: "ready" }[task.status];
  const told = [to && `${task.key} goes back to ${label(to)}`, who === `agent:${task.holder}` && `${name}'s lease ends`];
  const text = told.filter(Boolean).join("; ");
  return text && `${text}.`;
}
