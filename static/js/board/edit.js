// Editing a task in place, a field at a time. What somebody is typing survives live updates, other tabs and a closed
// drawer; what another person changed meanwhile is never overwritten unseen.
import { get, patch, Problem } from "../api.js";
import { readChoices } from "../choices.js";
import { byId, el, icon, on } from "../dom.js";
import { draftNames, draftOf, dropDrafts, setBase } from "../drafts.js";
import { refused, toast } from "../toast.js";
import { askWhom } from "./assignees.js";
import { openDrawer, openKey, refresh } from "./drawer.js";
import { FIELDS } from "./fields.js";

const TRIES = 4;
const edits = new Map();
const nameOf = (key, field) => `${key}/${field}`;
const draftName = (key, field) => `edit:${key}:${field}`;
const placeOf = (field) => byId("drawer").querySelector(`[data-field="${field}"]`);

let listening = false;

/** What is being edited follows the stream and the drawer from the first edit on. */
function listen() {
  if (listening) return;
  listening = true;
  on("live:event", heard);
  on("drawer:drawn", resume);
  on("drawer:left", keep);
}

/** Put back what was typed into the open card before this page was loaded. */
export function takeUpDrafts() {
  listen();
  resume();
}

/** Put a form in the stead of a field of the open card. */
export async function start(field, { focus = true } = {}) {
  listen();
  const key = openKey();
  if (!placeOf(field)?.querySelector(`[data-edit="${field}"]`)) return;
  if (edits.has(nameOf(key, field))) { show(edits.get(nameOf(key, field))); return; }
  try {
    const [task, choices] = await Promise.all([get(`/tasks/${key}`), readChoices()]);
    if (openKey() !== key || edits.has(nameOf(key, field))) return;
    const edit = field === "assignees" ? askWhom(task, choices) : drawn(task, field, choices);
    Object.assign(edit, { finish: () => finish(edit), drop: () => drop(edit) });
    edits.set(nameOf(key, field), edit);
    if (edit.input?.dataset.draft) takeUp(edit);
    show(edit, focus);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused(`${key} cannot be edited now`, problem);
  }
}

function drawn(task, field, choices) {
  const about = FIELDS[field];
  const id = `edit-${field}`;
  const input = about.control(choices);
  Object.assign(input, { id, value: about.held(task) });
  input.setAttribute("aria-describedby", `${id}-error`);
  const error = el("span", { class: "error", id: `${id}-error`, role: "alert", hidden: true });
  const clash = el("div", { class: "note note-warn", role: "alert", hidden: true });
  const save = el("button", { class: "btn btn-primary btn-s" }, "Save");
  const form = el("form", { class: "edit-form", novalidate: true, "data-ctrl-enter": true, "aria-label": `Edit ${about.label.toLowerCase()}` },
    el("label", { class: "sr", for: id }, about.label), input, about.hint && el("span", { class: "hint" }, about.hint), error, clash,
    el("div", { class: "row" }, save, el("button", { type: "button", class: "btn btn-s", "data-cancel": true }, "Cancel")));
  const held = { start: input.value, base: about.held(task), version: task.version };
  input.dataset.draft = draftName(task.key, field);
  setBase(input, input.value);
  const edit = { key: task.key, field, form, input, error, clash, save, ...held };
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(edit); });
  form.addEventListener("click", (event) => { if (event.target.closest("[data-cancel]")) drop(edit); });
  form.addEventListener("keydown", (event) => pressed(edit, event));
  return edit;
}

/** What was typed here before and never saved, with what others wrote since. */
function takeUp(edit) {
  const draft = draftOf(edit.input.dataset.draft);
  if (!draft) return;
  edit.input.value = draft.text;
  if (draft.base !== edit.base && draft.text !== edit.base) showClash(edit, "This was changed since you typed it.", edit.base);
}

function pressed(edit, event) {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  if (edit.input.tagName !== "TEXTAREA" || !isDirty(edit)) drop(edit);
}

const isDirty = (edit) => edit.input.value !== edit.start;

function show(edit, focus = true) {
  const place = placeOf(edit.field);
  if (!place || openKey() !== edit.key) return;
  attach(edit, place);
  if (focus) edit.input.focus();
}

function attach(edit, place) {
  place.dataset.editing = "";
  place.setAttribute("hx-morph-skip", "");
  if (edit.form.parentElement !== place) place.append(edit.form);
}

function finish(edit) {
  edits.delete(nameOf(edit.key, edit.field));
  dropDrafts(draftName(edit.key, edit.field));
  const place = edit.form.parentElement;
  edit.form.remove();
  if (!place) return;
  delete place.dataset.editing;
  place.removeAttribute("hx-morph-skip");
  place.querySelector("[data-edit]")?.focus({ preventScroll: true });
}

/** Give up what was typed, and show what others did to the field meanwhile. */
function drop(edit) {
  finish(edit);
  refresh();
}

/** The drawer was drawn: what was being typed into this task is put back, also what was typed before the page was loaded. */
function resume() {
  for (const edit of edits.values()) {
    const place = edit.key === openKey() && placeOf(edit.field);
    if (place) attach(edit, place);
  }
  const beginning = draftName(openKey(), "");
  for (const name of openKey() ? draftNames(beginning) : []) {
    const field = name.slice(beginning.length);
    if (FIELDS[field] && !edits.has(nameOf(openKey(), field))) start(field, { focus: false });
  }
}

/** The drawer shows something else, or nothing: texts that are not saved wait, and the person is told. */
function keep({ key }) {
  for (const edit of [...edits.values()].filter((one) => one.key === key)) {
    if (!isDirty(edit) || !FIELDS[edit.field]) { edits.delete(nameOf(key, edit.field)); continue; }
    const path = `/p/${document.body.dataset.project}/t/${key}`;
    toast(`${FIELDS[edit.field].label} of ${key} is not saved`, {
      detail: "What you typed is kept in this browser.", action: { label: "Go on", run: () => openDrawer(path).then(() => show(edit)) },
    });
  }
}

async function submit(edit) {
  if (edit.input.validity.badInput) { complain(edit, "This is not complete."); return; }
  if (!isDirty(edit)) { drop(edit); return; }
  edit.save.disabled = true;
  complain(edit, "");
  try {
    if (!(await send(edit))) return;
    finish(edit);
    await refresh();
    placeOf(edit.field)?.querySelector("[data-edit]")?.focus({ preventScroll: true });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    complain(edit, [...new Set(problem.errors.map((error) => error.message))].join(" ") || problem.message);
    edit.input.focus();
  } finally {
    edit.save.disabled = false;
  }
}

/** Send the field. Others' changes to other fields are no conflict; a change to this one is shown. False: shown. */
async function send(edit) {
  const value = FIELDS[edit.field].sent(edit.input.value);
  for (let left = TRIES; ; left -= 1) {
    try {
      await patch(`/tasks/${edit.key}`, { [edit.field]: value }, { "If-Match": `"${edit.version}"` });
      return true;
    } catch (problem) {
      if (problem.code !== "version_conflict" || left === 1) throw problem;
      if (await clashes(edit, whoChanged(problem, edit.field))) return false;
    }
  }
}

const whoChanged = (problem, field) => problem.errors.find((error) => error.field === field)?.message ?? "Changed meanwhile.";

/** Read the task anew; answer whether somebody else changed this very field, and then show it beside the own text. */
async function clashes(edit, who) {
  const task = await get(`/tasks/${edit.key}`);
  const theirs = FIELDS[edit.field].held(task);
  const before = edit.base;
  Object.assign(edit, { base: theirs, version: task.version });
  if (theirs === before || theirs === edit.input.value) return false;
  showClash(edit, who, theirs);
  return true;
}

function showClash(edit, who, theirs) {
  edit.start = theirs;
  edit.clash.replaceChildren(icon("alert"), el("div", { class: "stack stack-s" }, el("p", {}, `${who} It now says:`),
    el("p", { class: "theirs" }, toldOf(edit, theirs)),
    el("button", { type: "button", class: "btn btn-s", onclick: () => drop(edit) }, "Keep theirs")));
  edit.clash.hidden = false;
  edit.save.textContent = "Save mine instead";
}

function toldOf({ input }, value) {
  const option = input.tagName === "SELECT" && [...input.options].find((one) => one.value === value);
  return (option ? option.textContent : value) || "nothing";
}

/** Somebody changed a field that is being edited here: say so at once. */
function heard({ kind, data, actor }) {
  if (kind !== "task.updated") return;
  for (const edit of edits.values()) {
    if (edit.key === data?.key && edit.clash && edit.field in (data.after ?? {}) && !edit.save.disabled) {
      clashes(edit, `Changed by ${actor.name}.`).catch(() => { /* told again when it is sent */ });
    }
  }
}

function complain(edit, text) {
  edit.error.textContent = text;
  edit.error.hidden = !text;
  edit.input.setAttribute("aria-invalid", String(Boolean(text)));
}
