// The search page: keys between the field and the results, and what a screen reader is told.
import { byId } from "./dom.js";
import { bind } from "./keys.js";

const field = byId("search-q");
const results = byId("results");
const hits = () => [...results.querySelectorAll("[data-hit]")];

function walk(way) {
  const all = hits();
  const next = all.indexOf(document.activeElement) + way;
  if (next < 0) field.focus();
  else all[Math.min(next, all.length - 1)]?.focus();
}

bind("/", () => { field.focus(); field.select(); }, "Type anew", "Search");
bind("j", () => walk(1), "Next result, previous result", "Search");
bind("k", () => walk(-1), "Next result, previous result", "Search");
bind("ArrowDown", () => walk(1), "Next result, previous result", "Search");
bind("ArrowUp", () => walk(-1), "Next result, previous result", "Search");
bind("Escape", () => field.focus(), "Back to the field", "Search");
field.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown") return;
  event.preventDefault();
  walk(1);
});

/** The address says what is searched for, so that it can be shared and come back to. */
function keepTheAddress() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(byId("search-form"))) if (value.trim()) asked.set(name, value.trim());
  const now = new URLSearchParams(location.search);
  now.delete("cursor");
  if (asked.toString() === now.toString()) return;
  history.replaceState(history.state, "", asked.size ? `${location.pathname}?${asked}` : location.pathname);
}

/** Told only when it changed, so that live updates of the same results stay silent. */
function tellWhatWasFound() {
  const said = results.querySelector("[data-said]")?.dataset.said ?? "";
  const line = byId("search-said");
  if (line.textContent !== said) line.textContent = said;
  field.setAttribute("aria-invalid", String(Boolean(results.querySelector(".note-bad"))));
  const kind = byId("search-kind");
  kind.toggleAttribute("data-set", Boolean(kind.value));
}

document.addEventListener("htmx:after:swap", () => {
  keepTheAddress();
  tellWhatWasFound();
});
tellWhatWasFound();
document.body.dataset.ready = "true";
