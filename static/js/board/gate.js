// The dialog that asks for exactly what a step lacks, as the server listed it.
import { get, patch, post, Problem } from "../api.js";
import { byId, el, icon } from "../dom.js";
import { keepFields } from "../dialogdrafts.js";
import { label } from "./workflow.js";

const PLAN_BULLETS = 6;

/** Ask, send, and answer what the server said of each change; null when nothing was taken. */
export async function askFor({ key, to, problem, spot, mayOverride, only = "" }) {
  const onCard = byId(`card-${key}`)?.contains(document.activeElement);
  const task = await get(`/tasks/${key}`).catch(() => ({}));
  return new Promise((resolve) => {
    const dialog = byId("gate");
    const state = { key, to, spot, task, mayOverride, only, answers: null, done: [] };
    draw(dialog, state, problem);
    dialog.onclose = () => {
      dialog.replaceChildren();
      // The card may have been drawn anew meanwhile; then the browser finds nothing to give the focus back to.
      if (onCard) byId(`card-${key}`)?.querySelector(".card-link").focus();
      resolve(state.answers);
    };
    dialog.showModal();
    dialog.querySelector(".dialog-body input, .dialog-body textarea, .dialog-body select")?.focus();
  });
}

function draw(dialog, state, problem) {
  const asked = state.only ? [] : fieldsFor(problem.errors, state);
  const loose = state.only ? [problem.message] : problem.errors.filter((error) => !kindOf(error.field)).map((error) => error.message);
  const override = state.mayOverride ? overridePart(state) : null;
  const alert = el("p", { class: "error-text", role: "alert", hidden: true });
  const form = el("form", { novalidate: true },
    el("div", { class: "dialog-head" }, el("h2", { id: "gate-title" }, `${state.key} to ${label(state.to)}`),
      el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "data-close": true, "aria-label": "Close" }, icon("close"))),
    el("div", { class: "dialog-body" },
      el("p", { class: "muted" }, asked.length ? "This step needs a little more:" : "This step is refused:"),
      ...loose.map((text) => el("p", { class: "note note-warn" }, icon("alert"), text)),
      ...asked.map((part) => part.box), override?.box, alert),
    el("div", { class: "dialog-foot" }, el("button", { type: "button", class: "btn", "data-close": true }, "Not now"),
      el("button", { class: "btn btn-primary" }, `Move to ${label(state.to)}`)));
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(dialog, state, asked, override, alert); });
  dialog.replaceChildren(form);
  state.kept = keepFields(`gate:${state.key}:${state.to}`, form);
}

async function submit(dialog, state, parts, override, alert) {
  const button = dialog.querySelector(".btn-primary");
  button.disabled = true;
  alert.hidden = true;
  try {
    state.answers = await send(state, parts, override);
    state.kept.drop();
    dialog.close();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    showErrors(parts, override, alert, problem);
  } finally {
    button.disabled = false;
  }
}

/** What an earlier attempt has changed already (the dialog stays open when one is refused) is undone with the rest. */
async function send({ key, to, spot, done }, parts, override) {
  if (override?.wanted()) {
    return [...done, await post(`/tasks/${key}/move`, { to, ...spot, override: true, reason: override.reason(), undoable: true })];
  }
  const values = parts.map((part) => part.value());
  const given = Object.assign({}, ...values);
  if (given.edit) given.edit = Object.assign({}, ...values.map((value) => value.edit));
  const { assign, edit, ...payload } = given;
  if (edit) done.push(await patch(`/tasks/${key}`, { ...edit, undoable: true }));
  if (assign) done.push(await post(`/tasks/${key}/assign`, { ...assign, undoable: true }));
  return [...done, await post(`/tasks/${key}/move`, { to, ...spot, ...payload, undoable: true })];
}

function showErrors(parts, override, alert, problem) {
  let shown = 0;
  for (const part of [...parts, override].filter(Boolean)) {
    const mine = problem.errors.filter((error) => part.kinds.includes(kindOf(error.field) ?? error.field));
    part.error.textContent = mine.map((error) => error.message).join(" ");
    part.error.hidden = !mine.length;
    shown += mine.length;
  }
  const rest = problem.errors.filter((error) => !parts.some((part) => part.kinds.includes(kindOf(error.field))));
  alert.textContent = shown && !rest.length ? "" : [problem.message, ...rest.map((error) => error.message)].join(" ");
  alert.hidden = !alert.textContent;
}

const KINDS = ["work_plan", "deliverable", "checklist", "reason", "assignees", "description", "priority", "title"];
const kindOf = (field) => KINDS.find((kind) => field === kind || field?.startsWith(`${kind}.`));

function fieldsFor(errors, state) {
  const kinds = [...new Set(errors.map((error) => kindOf(error.field)).filter(Boolean))];
  return kinds.map((kind) => {
    const messages = errors.filter((error) => kindOf(error.field) === kind).map((error) => error.message);
    return MAKERS[kind](state, messages.join(" "));
  });
}

function part(kind, title, hint, inputs, value) {
  const error = el("span", { class: "error", hidden: true });
  const id = `gate-${kind}`;
  const first = [].concat(inputs)[0];
  if (!first.id) first.id = id;
  const box = el("div", { class: "field", "data-field": kind }, el("label", { for: first.id }, title), ...[].concat(inputs), hint && el("span", { class: "hint" }, hint), error);
  return { kinds: [kind], box, error, value };
}

const area = (name, text = "", placeholder = "") => {
  const made = el("textarea", { class: "input", name, placeholder, maxlength: "100000" });
  made.value = text;
  return made;
};

const MAKERS = {
  work_plan({ task }, message) {
    const lines = area("work_plan", (task.work_plan?.bullets ?? []).join("\n"), "First step\nSecond step\nThird step");
    return part("work_plan", "Work plan", `${message} One bullet a line, 3 to ${PLAN_BULLETS}.`, lines,
      () => ({ work_plan: { ...task.work_plan, bullets: linesOf(lines.value) } }));
  },
  deliverable({ task }, message) {
    const summary = area("deliverable", task.deliverable?.summary ?? "", "What was done, and where it is");
    return part("deliverable", "Deliverable", message, summary, () => ({ deliverable: { ...task.deliverable, summary: summary.value.trim() } }));
  },
  checklist({ task }, message) {
    return (task.checklist?.items?.length ? tickPart : writePart)(task, message);
  },
  reason(_, message) {
    const why = area("reason");
    return part("reason", "Reason", message, why, () => ({ reason: why.value.trim() }));
  },
  assignees(state, message) {
    return state.to === "ready" ? unassignPart(message) : assignPart(message);
  },
  description({ task }, message) {
    const text = area("description", task.description ?? "");
    return part("description", "Description", message, text, () => ({ edit: { description: text.value } }));
  },
  title({ task }, message) {
    const text = el("input", { class: "input", name: "title", maxlength: "300", value: task.title ?? "" });
    return part("title", "Title", message, text, () => ({ edit: { title: text.value } }));
  },
  priority(_, message) {
    const given = document.querySelector("#nt-priority").cloneNode(true);
    given.id = "gate-priority";
    given.value = "3";
    return part("priority", "Priority", message, given, () => ({ edit: { priority: Number(given.value) || null } }));
  },
};

const linesOf = (text) => text.split("\n").map((line) => line.replace(/^\s*(?:[-*•]|\d+[.)])\s+/, "").trim()).filter(Boolean);

function writePart(task, message) {
  const lines = area("checklist", "", "Tests pass\nDocs updated");
  return part("checklist", "Review checklist", `${message} One item a line; each counts as ticked.`, lines,
    () => ({ checklist: { items: linesOf(lines.value).map((text) => ({ label: text, checked: true })) } }));
}

function tickPart(task, message) {
  const rows = task.checklist.items.map((item, number) => {
    const tick = el("input", { type: "checkbox", id: `gate-tick-${number}` });
    tick.checked = Boolean(item.checked);
    const note = el("input", { class: "input input-s", placeholder: "or a note", "aria-label": `Note for ${item.label}`, value: item.note ?? "" });
    return { item, tick, note, box: el("div", { class: "stack stack-s" }, el("label", { class: "check" }, tick, el("span", {}, item.label)), note) };
  });
  const items = () => rows.map(({ item, tick, note }) => ({ ...item, checked: tick.checked, ...(note.value.trim() ? { note: note.value.trim() } : {}) }));
  return part("checklist", "Review checklist", message, [el("div", { class: "stack", role: "group" }, ...rows.map((row) => row.box))], () => ({ checklist: { items: items() } }));
}

function assignPart(message) {
  const given = document.querySelector("#nt-agent").cloneNode(true);
  given.id = "gate-assignees";
  given.options[0].textContent = "Choose an agent";
  return part("assignees", "Assign to", message, given, () => (given.value ? { assign: { agents: [given.value], mode: "add" } } : {}));
}

function unassignPart(message) {
  const tick = el("input", { type: "checkbox", id: "gate-unassign" });
  const row = el("label", { class: "check" }, tick, el("span", {}, "Take its assignees off the task"));
  return part("assignees", "Assignees", message, [row], () => (tick.checked ? { assign: { agents: [], users: [], mode: "set" } } : {}));
}

function overridePart(state) {
  const tick = el("input", { type: "checkbox", id: "gate-override" });
  const why = area("override_reason", "", "Why this step is right although something is missing");
  const error = el("span", { class: "error", hidden: true });
  const more = el("div", { class: "field" }, el("label", { for: "gate-override-reason" }, "Reason of the override"), why, el("span", { class: "hint" }, "Overrides are kept in the history and shown as such."), error);
  why.id = "gate-override-reason";
  tick.checked = Boolean(state.only);
  more.hidden = !tick.checked;
  tick.addEventListener("change", () => { more.hidden = !tick.checked; if (tick.checked) why.focus(); });
  const box = el("div", { class: "stack stack-s" }, el("label", { class: "check" }, tick, el("span", {}, "Override what is missing")), more);
  return { kinds: ["reason", "override"], box, error, wanted: () => tick.checked, reason: () => why.value.trim() };
}
