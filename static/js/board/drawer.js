// The drawer: opens over the board with its own address; going back closes it.
import { sessionStands } from "../api.js";
import { byId, on, tell } from "../dom.js";
import { bind } from "../keys.js";
import { needed } from "../needed.js";
import { refused } from "../toast.js";
import { cardOf } from "./columns.js";

const home = () => `/p/${document.body.dataset.project}`;
export const openKey = () => byId("drawer").querySelector(".drawer")?.dataset.key;

/** The open tab as the end of an address: "" for the overview, or "/thread". */
export const openTab = () => {
  const tab = byId("drawer").querySelector(".drawer")?.dataset.tab ?? "overview";
  return tab === "overview" ? "" : `/${tab}`;
};

/** What leads to a message of the open thread. */
export const LINK = 'a[href^="#message-"]';

let asked = 0;
let begun = 0;
let shown = 0;
let inside = null;

/** What only an open drawer needs, styles and scripts, is loaded with the first one; a page that comes with one brings it. */
function loadInside() {
  inside ??= Promise.all([styled(byId("drawer").dataset.styles), import("../drawer/inside.js")]).catch(() => { inside = null; });
  return inside;
}

function styled(href) {
  if (document.querySelector(`link[href="${href}"]`)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((done) => { link.onload = link.onerror = done; document.head.append(link); });
}

export function setUpDrawer() {
  document.addEventListener("click", clicked);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-composer]")) return;
    event.preventDefault();
    inThread((thread) => thread.compose(event.target));
  });
  on("drawer:drawn", () => inThread((thread) => thread.drawn()));
  addEventListener("popstate", () => show(location.pathname));
  if (openKey()) loadInside().then(() => tell("drawer:drawn"));
  showTab();
  bind("Escape", () => (openKey() ? closeDrawer() : false), "Close the card", "Board");
  on("live:event", changed);
  on("live:caught-up", refresh);
  on("board:moved", (move) => { if (move.key === openKey()) refresh(); });
  mark();
}

/** What only the thread does is fetched when one is shown for the first time. */
function inThread(act) {
  if (byId("thread")) needed(import("./thread.js")).then((thread) => thread && act(thread));
}

function clicked(event) {
  const inBody = event.target.closest("#drawer-body") && event.target.closest(`${LINK}, button[type="button"]`);
  if (inBody?.matches(LINK)) event.preventDefault();
  if (inBody) inThread((thread) => thread.clicked(inBody));
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
  const onTab = document.activeElement?.matches?.(".tab");
  const pushed = () => { if (push) history.pushState({ drawer: true }, "", path + location.search); };
  if (!(await draw(path, "innerHTML", mine, pushed))) return;
  asked += 1; // a refresh of what was open before may still be on its way
  if (had && had !== openKey()) tell("drawer:left", { key: had });
  tell("drawer:drawn");
  if (had) byId("drawer").querySelector(".drawer").dataset.kept = "";
  else byId("drawer-title").focus({ preventScroll: true });
  if (onTab) byId("drawer").querySelector('.tab[aria-selected="true"]')?.focus({ preventScroll: true });
  showTab();
  mark();
}

/** Fetch and draw, unless something else was asked for meanwhile; the address is pushed before anything shows. */
async function draw(path, swap, mine, pushed = () => {}) {
  const target = byId("drawer");
  const turn = (begun += 1);
  const response = await fetch(path, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
  if (mine !== asked) return false;
  if (response?.status === 401) { sessionStands(); return false; }
  if (!response?.ok) {
    refused("The task cannot be shown", { message: response ? "It is gone, or not yours to see." : "Mission Control cannot be reached.", errors: [] });
    return false;
  }
  const text = await response.text();
  await loadInside();
  if (mine !== asked || turn < shown) return false;
  shown = turn;
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

const isLinked = (key) => Boolean(key) && byId("drawer").querySelector(`[data-linked="${key}"]`);

let due = 0;
function changed(event) {
  const key = openKey();
  const cards = [event.card, ...(event.parents ?? [])];
  const { key: about, depends_on: other } = event.data ?? {};
  if (!key || !([about, other].includes(key) || isLinked(about) || cards.some((card) => card?.key === key))) return;
  clearTimeout(due);
  due = setTimeout(refresh, 150);
}

/** From which message on the thread is shown, so that it is not cut while somebody reads. */
function reach() {
  const first = byId("thread")?.querySelector(".message");
  return first ? `?from=${first.id.slice("message-".length)}` : "";
}

/** Draw the open tab anew; what a person is typing stays, and so does what they look at. */
export async function refresh({ query = reach(), fromEnd = isAtEnd() } = {}) {
  if (!openKey()) return;
  const focus = document.activeElement?.id;
  const { scrollTop = 0, scrollHeight = 0 } = byId("drawer-body") ?? {};
  if (!(await draw(location.pathname + query, "outerMorph", asked))) return;
  tell("drawer:drawn");
  tell("drawer:refreshed");
  if (focus && document.activeElement?.id !== focus) byId(focus)?.focus({ preventScroll: true });
  const body = byId("drawer-body");
  if (body) body.scrollTop = fromEnd ? body.scrollHeight - scrollHeight + scrollTop : scrollTop;
}

/** Whether the end of a thread is in sight: then new messages stay in sight as well. */
function isAtEnd() {
  const body = byId("thread") && byId("drawer-body");
  return Boolean(body) && body.scrollHeight - body.scrollTop - body.clientHeight < 48;
}
