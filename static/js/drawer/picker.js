// A field that finds a task by key or title: type, choose with the arrows and Enter, or with the pointer.
import { Problem } from "../api.js";
import { byId, el, glyph, icon } from "../dom.js";

const SETTLE_MS = 120;

/**
 * Show the field in `place`, or give it the focus where it is shown already. `choose(key)` links the task; its Problem
 * is shown under the field and what was typed stays. `isKnown(key)` leaves out what is linked already.
 */
export function openPicker(place, options) {
  const shown = place.querySelector("input");
  if (shown) { shown.focus(); return; }
  const picker = built(place, options);
  place.replaceChildren(picker.form);
  picker.input.focus();
  find(picker);
}

function built(place, options) {
  const id = place.id;
  const input = el("input", {
    class: "input input-s", id: `${id}-input`, type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": `${id}-list`, "aria-autocomplete": "list",
    "aria-describedby": `${id}-error`, autocomplete: "off", spellcheck: "false", placeholder: "A key or words of the title", maxlength: "200",
  });
  const list = el("div", { class: "pick-list", id: `${id}-list`, role: "listbox", "aria-label": "Tasks that fit", hidden: true });
  const error = el("span", { class: "error-text", id: `${id}-error`, role: "alert", hidden: true });
  const close = el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "aria-label": "Close" }, icon("close", "i", "icon icon-s"));
  const form = el("form", { class: "pick", novalidate: true }, el("label", { class: "sr", for: input.id }, options.label), input, close, list, error);
  const picker = { ...options, place, form, input, list, error, found: [], active: -1, asked: 0, due: 0, busy: false };
  close.addEventListener("click", () => leave(picker));
  input.addEventListener("input", () => { complain(picker, ""); clearTimeout(picker.due); picker.due = setTimeout(() => find(picker), SETTLE_MS); });
  input.addEventListener("keydown", (event) => pressed(picker, event));
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => { const row = event.target.closest("[data-place]"); if (row) take(picker, picker.found[row.dataset.place].key); });
  form.addEventListener("submit", (event) => { event.preventDefault(); entered(picker); });
  return picker;
}

function leave(picker) {
  picker.asked += 1;
  picker.place.replaceChildren();
  byId(picker.opener.id)?.focus({ preventScroll: true });
}

async function find(picker) {
  const mine = (picker.asked += 1);
  const path = `/p/${document.body.dataset.project}/t/${picker.key}/links/candidates?${new URLSearchParams({ q: picker.input.value.trim() })}`;
  const response = await fetch(path).catch(() => null);
  const answer = response?.ok ? await response.json() : null;
  if (mine !== picker.asked) return;
  if (!answer) { complain(picker, "Tasks cannot be searched: Mission Control cannot be reached."); return; }
  picker.found = answer.tasks.filter((task) => !picker.isKnown(task.key)).slice(0, 8);
  show(picker);
}

function show(picker) {
  const rows = picker.found.map((task, place) => el("div", { class: "menu-item", role: "option", id: `${picker.place.id}-${place}`, "data-place": place, "aria-selected": "false" },
    glyph(task.status), el("span", { class: "faint num" }, task.key), el("span", { class: "grow clip" }, task.title)));
  const typed = picker.input.value.trim();
  picker.list.replaceChildren(...rows);
  picker.list.hidden = !rows.length;
  picker.input.setAttribute("aria-expanded", String(rows.length > 0));
  if (typed && !rows.length) complain(picker, `No other task here fits “${typed}”.`);
  mark(picker, typed && rows.length ? 0 : -1);
}

function mark(picker, place) {
  picker.active = place;
  for (const row of picker.list.children) row.setAttribute("aria-selected", String(Number(row.dataset.place) === place));
  const row = picker.list.children[place];
  if (row) picker.input.setAttribute("aria-activedescendant", row.id);
  else picker.input.removeAttribute("aria-activedescendant");
  row?.scrollIntoView({ block: "nearest" });
}

function pressed(picker, event) {
  if (event.isComposing) return;
  if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); leave(picker); return; }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !picker.found.length) return;
  event.preventDefault();
  mark(picker, (picker.active + step + picker.found.length) % picker.found.length);
}

/** Enter: the marked task; before the list has come, what was typed if it reads like a key. */
function entered(picker) {
  const typed = picker.input.value.trim();
  const exact = /^[a-z][a-z0-9]*-\d+$/i.test(typed) ? typed.toUpperCase() : "";
  const chosen = exact || picker.found[picker.active]?.key;
  if (chosen) take(picker, chosen);
}

async function take(picker, other) {
  if (picker.busy) return;
  picker.busy = true;
  complain(picker, "");
  try {
    await picker.choose(other);
    picker.input.value = "";
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    complain(picker, [...new Set(problem.errors.map((error) => error.message))].join(" ") || problem.message);
    return;
  } finally {
    picker.busy = false;
    if (picker.input.isConnected) picker.input.focus();
  }
  await find(picker);
}

function complain(picker, text) {
  picker.error.textContent = text;
  picker.error.hidden = !text;
  picker.input.setAttribute("aria-invalid", String(Boolean(text)));
}
