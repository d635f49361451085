// Subtasks and dependencies: made, linked and taken apart in the overview.
import { openKey, refresh } from "../board/drawer.js";
import { patch, post, Problem, remove } from "../api.js";
import { announce, byId } from "../dom.js";
import { refused, toast } from "../toast.js";
import { forget } from "../drafts.js";
import { openPicker } from "./picker.js";

/** Per kind of link: how `other` is linked to `key` and taken off again, and what is said of both. */
const LINKS = {
  subtask: {
    label: (key) => `Task to make a subtask of ${key}`,
    add: (key, other) => patch(`/tasks/${other}`, { parent: key }),
    take: (key, other) => patch(`/tasks/${other}`, { parent: null }),
    taken: (key, other) => `${other} is no subtask of ${key} any more`,
  },
  waits: {
    label: (key) => `Task that ${key} waits for`,
    add: (key, other) => post(`/tasks/${key}/dependencies`, { depends_on: other }),
    take: (key, other) => remove(`/tasks/${key}/dependencies?depends_on=${other}`),
    taken: (key, other) => `${key} no longer waits for ${other}`,
  },
  holds: {
    label: (key) => `Task that waits for ${key}`,
    add: (key, other) => post(`/tasks/${other}/dependencies`, { depends_on: key }),
    take: (key, other) => remove(`/tasks/${other}/dependencies?depends_on=${key}`),
    taken: (key, other) => `${other} no longer waits for ${key}`,
  },
};

export function setUpLinks() {
  byId("drawer").addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-pick]");
    const unlink = event.target.closest("[data-unlink]");
    if (opener) pick(opener);
    if (unlink) take(unlink);
  });
  byId("drawer").addEventListener("submit", (event) => {
    const form = event.target.closest("[data-add-subtask]");
    if (!form) return;
    event.preventDefault();
    addSubtask(form);
  });
}

function pick(opener) {
  const kind = opener.dataset.openPick;
  const key = openKey();
  openPicker(byId(`pick-${kind}`), {
    key, opener, label: LINKS[kind].label(key),
    isKnown: (other) => Boolean(byId(`linked-${kind}-${other}`)),
    choose: async (other) => {
      await LINKS[kind].add(key, other);
      announce(`${other} added.`);
      if (openKey() === key) await refresh();
    },
  });
}

async function take(button) {
  const { unlink, other } = button.dataset;
  const key = openKey();
  const link = LINKS[unlink];
  button.disabled = true;
  try {
    await link.take(key, other);
    toast(link.taken(key, other), { seconds: 8, action: { label: "Undo", run: () => back(link, key, other) } });
    if (openKey() === key) await refresh();
    byId(`open-pick-${unlink}`)?.focus({ preventScroll: true });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused(`${other} was not taken off`, problem);
    button.disabled = false;
  }
}

async function back(link, key, other) {
  try {
    await link.add(key, other);
    await refresh();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused("It was not undone", problem);
  }
}

async function addSubtask(form) {
  const field = form.elements.title;
  const button = form.querySelector("button");
  const error = byId("subtask-error");
  const title = field.value.trim();
  if (!title || button.disabled) { field.focus(); return; }
  const key = openKey();
  button.disabled = true;
  complain(field, error, "");
  try {
    const made = await post("/tasks", { project: document.body.dataset.project, title, parent: key, type: form.dataset.type });
    if (openKey() !== key) return;
    if (field.value.trim() === title) forget(form);
    announce(`${made.key} added.`);
    await refresh();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    complain(field, error, problem.errors.map((one) => one.message).join(" ") || problem.message);
  } finally {
    button.disabled = false;
    if (form.isConnected) field.focus();
  }
}

function complain(field, error, text) {
  error.textContent = text;
  error.hidden = !text;
  field.setAttribute("aria-invalid", String(Boolean(text)));
}
