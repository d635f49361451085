// Filters are one text in the small language of the search field. It lives in the address, so that a narrowed board can
// be shared and come back to; the server reads it, and the menus and switches beside the field only write terms into it.
import { byId } from "../dom.js";
import { bind } from "../keys.js";
import { revive } from "./livecards.js";

let typed = 0;
let asked = 0;

export function setUpFilters() {
  const form = byId("filters");
  const field = form.elements.q;
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(textOf(form)); });
  form.addEventListener("change", (event) => { if (event.target !== field) choose(form, event.target); });
  field.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(() => apply(textOf(form)), 250); });
  field.addEventListener("keydown", (event) => { if (event.key === "Escape") { field.value = ""; field.blur(); apply(textOf(form)); } });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#terms a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    apply(new URLSearchParams(new URL(link.href).search), true).then(() => field.focus());
  });
  bind("/", () => { field.focus(); field.select(); }, "Search the board", "Board");
}

/** The field's text and what makes lanes, as the address has them. */
function textOf(form) {
  const given = [["q", form.elements.q.value.trim()], ["lane", form.elements.lane.value]];
  return new URLSearchParams(given.filter(([, value]) => value));
}

/** A menu or a switch was changed: its term goes into the text, or out of it. */
function choose(form, control) {
  const query = textOf(form);
  if (control.name === "lane") { apply(query, true); return; }
  const on = control.type === "checkbox" ? control.checked : Boolean(control.value);
  if (on) query.set(control.name, control.value);
  else {
    const key = control.type === "checkbox" ? `is:${control.name}` : control.name;
    const link = byId("terms").querySelector(`[data-drop="${key}"]`);
    if (link) { apply(new URLSearchParams(new URL(link.href).search), true); return; }
  }
  apply(query, true);
}

/** Narrow the board to what `query` says; `rewrite` puts the server's reading of it into the field. */
export async function apply(query, rewrite = false) {
  clearTimeout(typed);
  const mine = ++asked;
  const text = query.toString();
  const response = await fetch(`/p/${document.body.dataset.project}${text ? `?${text}` : ""}`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (mine !== asked) return;
  if (!response?.ok) { complain("The board could not be filtered: Mission Control did not answer. Change the text to try again."); return; }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (mine !== asked) return;
  const error = page.getElementById("filter-error");
  if (!error) { location.assign(`/sign-in?next=${encodeURIComponent(`${location.pathname}${text ? `?${text}` : ""}`)}`); return; }
  if (!error.hidden) { complain(error.textContent); return; }
  show(page, rewrite);
}

/** The board stays as it was; what is wrong is said under the field. */
function complain(message) {
  const error = byId("filter-error");
  error.textContent = message;
  error.hidden = false;
  byId("terms").hidden = false;
  byId("filters").elements.q.setAttribute("aria-invalid", "true");
}

function show(page, rewrite) {
  const terms = page.getElementById("terms");
  const query = terms.dataset.query;
  history.replaceState(history.state, "", location.pathname + (query ? `?${query}` : ""));
  byId("terms").replaceWith(terms);
  const board = byId("board");
  Object.assign(board.dataset, { ...page.getElementById("board").dataset });
  board.replaceChildren(...page.querySelectorAll("#board > .column"));
  controls(page.getElementById("filters"), rewrite);
  revive();
}

function controls(theirs, rewrite) {
  const form = byId("filters");
  form.elements.q.removeAttribute("aria-invalid");
  if (rewrite) form.elements.q.value = theirs.elements.q.value;
  for (const select of form.querySelectorAll("select")) {
    select.value = theirs.elements[select.name].value;
    select.toggleAttribute("data-set", Boolean(select.value));
  }
  for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = theirs.elements[box.name].checked;
}
