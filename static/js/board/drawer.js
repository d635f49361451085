// The drawer: opens over the board with its own address; going back closes it.
import { post } from "../api.js";
import { byId, on, tell } from "../dom.js";
import { bind } from "../keys.js";
import { refused } from "../toast.js";
import { cardOf } from "./columns.js";

const home = () => `/p/${document.body.dataset.project}`;
export const openKey = () => byId("drawer").querySelector(".drawer")?.dataset.key;

let asked = 0;

export function setUpDrawer() {
  document.addEventListener("click", clicked);
  document.addEventListener("submit", composed);
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") event.target.closest("[data-composer]")?.requestSubmit();
  });
  addEventListener("popstate", () => show(location.pathname));
  showTab();
  bind("Escape", () => (openKey() ? closeDrawer() : false), "Close the card", "Board");
  on("live:event", changed);
  on("live:caught-up", refresh);
  on("board:moved", (move) => { if (move.key === openKey()) refresh(); });
  mark();
}

function clicked(event) {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("a.card-link, a[data-drawer-link]");
  if (link) { event.preventDefault(); openDrawer(link.getAttribute("href")); return; }
  if (event.target.closest("[data-drawer-close]")) closeDrawer();
  if (event.target.closest("[data-copy-link]")) navigator.clipboard?.writeText(location.href.split("?")[0]);
}

/** Open the drawer at an address and push it. Only the last of several that were asked for is shown. */
export async function openDrawer(path, { push = true } = {}) {
  const had = openKey();
  const mine = (asked += 1);
  const pushed = () => { if (push) history.pushState({ drawer: true }, "", path + location.search); };
  if (!(await draw(path, "innerHTML", mine, pushed))) return;
  if (had && had !== openKey()) tell("drawer:left", { key: had });
  tell("drawer:drawn");
  if (had) byId("drawer").querySelector(".drawer").dataset.kept = "";
  else byId("drawer-title").focus({ preventScroll: true });
  showTab();
  mark();
}

/** Fetch and draw, unless something else was asked for meanwhile; the address is pushed before anything shows. */
async function draw(path, swap, mine, pushed = () => {}) {
  const target = byId("drawer");
  const response = await fetch(path, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  if (mine !== asked) return false;
  if (response?.status === 401) { location.reload(); return false; }
  if (!response?.ok) {
    refused("The task cannot be shown", { message: response ? "It is gone, or not yours to see." : "Mission Control cannot be reached.", errors: [] });
    return false;
  }
  const text = await response.text();
  if (mine !== asked) return false;
  pushed();
  await window.htmx.swap({ sourceElement: target, target: swap === "innerHTML" ? target : target.querySelector(".drawer"), text, swap, transition: false });
  return mine === asked;
}

export function closeDrawer({ push = true } = {}) {
  const key = openKey();
  asked += 1;
  byId("drawer").replaceChildren();
  if (push) history.pushState({}, "", home() + location.search);
  mark();
  if (key) tell("drawer:left", { key });
  if (key) cardOf(key)?.querySelector(".card-link").focus({ preventScroll: true });
}

/** Bring the open tab into sight where there is no room for all of them. */
function showTab() {
  byId("drawer").querySelector('.tab[aria-selected="true"]')?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function show(path) {
  if (path.includes("/t/")) openDrawer(path, { push: false });
  else if (openKey()) closeDrawer({ push: false });
}

function mark() {
  for (const card of document.querySelectorAll('.card[aria-current="true"]')) card.removeAttribute("aria-current");
  const key = openKey();
  if (key) cardOf(key)?.setAttribute("aria-current", "true");
}

let due = 0;
function changed(event) {
  const key = openKey();
  const cards = [event.card, ...(event.parents ?? [])];
  if (!key || (event.data?.key !== key && !cards.some((card) => card?.key === key))) return;
  clearTimeout(due);
  due = setTimeout(refresh, 150);
}

/** Draw the open tab anew; what a person is typing stays. */
export async function refresh() {
  if (!openKey()) return;
  const drafts = new Map([...byId("drawer").querySelectorAll("[data-composer] textarea")].map((field) => [field.id, field.value]));
  const focus = document.activeElement?.id;
  const scroll = byId("drawer-body")?.scrollTop ?? 0;
  if (!(await draw(location.pathname, "outerMorph", asked))) return;
  tell("drawer:drawn");
  for (const [id, value] of drafts) if (byId(id) && !byId(id).value) byId(id).value = value;
  if (focus && document.activeElement?.id !== focus) byId(focus)?.focus({ preventScroll: true });
  const body = byId("drawer-body");
  if (body) body.scrollTop = scroll;
}

async function composed(event) {
  const form = event.target.closest("[data-composer]");
  if (!form) return;
  event.preventDefault();
  const field = form.elements.content;
  const error = form.querySelector(".error-text");
  const button = form.querySelector("button");
  if (!field.value.trim()) { field.focus(); return; }
  button.disabled = true;
  error.hidden = true;
  try {
    await post(`/tasks/${form.dataset.key}/messages`, { type: "comment", content: field.value });
    field.value = "";
    await refresh();
    byId("drawer-body").scrollTop = byId("drawer-body").scrollHeight;
  } catch (problem) {
    error.textContent = problem.message;
    error.hidden = false;
  } finally {
    button.disabled = false;
    field.focus();
  }
}
