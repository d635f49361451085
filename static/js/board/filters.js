// Filters live in the address, so that a narrowed board can be shared and come back to.
import { byId } from "../dom.js";
import { bind } from "../keys.js";
import { revive } from "./livecards.js";

let typed = 0;
let asked = 0;

export function setUpFilters() {
  const form = byId("filters");
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(form); });
  form.addEventListener("change", () => apply(form));
  form.elements.q.addEventListener("input", () => { clearTimeout(typed); typed = setTimeout(() => apply(form), 250); });
  form.elements.q.addEventListener("keydown", (event) => { if (event.key === "Escape") { form.elements.q.value = ""; form.elements.q.blur(); apply(form); } });
  bind("/", () => { form.elements.q.focus(); form.elements.q.select(); }, "Search the board", "Board");
}

async function apply(form) {
  clearTimeout(typed);
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value.trim()) query.set(name, value.trim());
  if (query.toString() === new URLSearchParams(location.search).toString()) return;
  const mine = ++asked;
  const text = query.toString();
  const response = await fetch(`/p/${document.body.dataset.project}${text ? `?${text}` : ""}`, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok || mine !== asked) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  history.replaceState(history.state, "", location.pathname + (text ? `?${text}` : ""));
  const board = byId("board");
  board.dataset.filtered = page.getElementById("board").dataset.filtered;
  board.replaceChildren(...page.querySelectorAll("#board > .column"));
  for (const select of form.querySelectorAll("select")) select.toggleAttribute("data-set", Boolean(select.value));
  revive();
}
