// Labels for the whole project: made, renamed, merged, deleted, each after saying what it touches as of now.
import { get, patch, post, Problem, remove } from "./api.js";
import { el, icon, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { refused, toast } from "./toast.js";

const path = (rest = "") => `/projects/${document.body.dataset.project}/labels${rest}`;
const ACTS = { "rename-label": rename, "merge-label": merge, "delete-label": drop };

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-add-label]")) add();
  for (const [name, act] of Object.entries(ACTS)) {
    if (event.target.closest(`[data-${name}]`)) begin(event.target.closest("[data-label]").dataset.label, act);
  }
});

/** The label as of now, for what is said to follow must be true. */
async function begin(id, act) {
  try {
    await act(await get(path(`/${id}`)));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused("The label cannot be read", problem);
    tell("settings:changed");
  }
}

async function add() {
  const name = nameField("");
  const send = () => post(path(), { name: name.value.trim() });
  if (await formDialog({ title: "New label", parts: [wrapped("name", "Name", name)], action: "Make the label", send })) done(`“${name.value.trim()}” is made`);
}

async function rename(label) {
  const name = nameField(label.name);
  const special = note(`“${meaning().label}” closes tasks in review after ${meaning().after} without an objection. Renaming from or to it changes that for these tasks.`);
  const follow = () => { special.hidden = ![label.name, name.value.trim()].includes(meaning().label); };
  name.addEventListener("input", follow);
  follow();
  const parts = [note(`${touched(label)} It is renamed everywhere; the history keeps the old name.`), special, wrapped("name", "Name", name)];
  const send = () => patch(path(`/${label.id}`), { name: name.value.trim(), was: label.name });
  if (await formDialog({ title: `Rename “${label.name}”`, parts, action: "Rename", send })) done(`It is called “${name.value.trim()}” now`);
}

async function merge(label) {
  const others = [...document.querySelectorAll("[data-label]")].filter((row) => row.dataset.label !== String(label.id));
  const into = el("select", { class: "input", id: "label-into" }, ...others.map((row) => el("option", { value: row.dataset.label }, row.dataset.name)));
  const parts = [note(`${touched(label)} They get the other label instead, and “${label.name}” is gone. There is no way back.${closing(label)}`), wrapped("into", "Into", into)];
  const send = () => post(path(`/${label.id}/merge`), { into: Number(into.value) });
  if (await formDialog({ title: `Merge “${label.name}”`, parts, action: "Merge", danger: true, send })) done(`“${label.name}” is merged into “${into.selectedOptions[0].text}”`);
}

async function drop(label) {
  const views = label.views ? ` ${count(label.views, "saved view")} will find nothing by it.` : "";
  const parts = [note(`${touched(label, false)} It is taken off them all.${views} There is no way back.${closing(label)}`)];
  const send = () => remove(path(`/${label.id}`));
  if (await formDialog({ title: `Delete “${label.name}”`, parts, action: "Delete", danger: true, send })) done(`“${label.name}” is deleted`);
}

function touched({ tasks, open_tasks: open, views }, withViews = true) {
  if (!tasks) return "No task carries it.";
  const also = withViews && views ? ` ${count(views, "saved view")} ${views === 1 ? "filters" : "filter"} by it and ${views === 1 ? "is" : "are"} changed too.` : "";
  return `${count(tasks, "task")} ${tasks === 1 ? "carries" : "carry"} it, ${open} open.${also}`;
}

const closing = (label) => (label.name === meaning().label ? ` These tasks are no longer closed by themselves after review.` : "");
const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

function meaning() {
  const { autoApprove, closesAfter } = document.getElementById("labels").dataset;
  return { label: autoApprove, after: closesAfter };
}

function done(text) {
  toast(text, { tone: "good" });
  tell("settings:changed");
}

const nameField = (value) => el("input", { class: "input", id: "label-name", maxlength: "60", autocomplete: "off", value });
const note = (text) => el("p", { class: "note note-warn" }, icon("info"), el("span", {}, text));
const wrapped = (field, label, input) => el("div", { class: "field" }, el("label", { for: input.id }, label), input,
  el("span", { class: "error", "data-error": field, role: "alert", hidden: true }));
