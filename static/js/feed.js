// The feed: new lines by number, on top; held back behind a pill while somebody reads further down or has paused it.
import { announce, byId, on } from "./dom.js";
import { bind } from "./keys.js";
import { lastSeen } from "./live.js";
import { refused } from "./toast.js";

const NEAR_TOP = 120;
const SETTLE_MS = 250;
const list = byId("feed-lines");
const form = byId("feed-filters");
const pill = byId("feed-show");
const pause = byId("feed-pause");
let newest = 0;
let held = [];
let overflow = false;
let paused = false;
let due = 0;
let asked = 0;
let looking = false;
let again = false;

const home = `/p/${document.body.dataset.project}/feed`;
const query = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
const addressOf = (params) => (params.size ? `${home}?${params}` : home);

function setUp() {
  newest = Math.max(Number(document.body.dataset.seq || 0), topOf(list));
  on("live:event", soon);
  on("live:caught-up", soon);
  on("live:resync", () => location.reload());
  pill.addEventListener("click", () => { show(); scrollTo({ top: 0 }); });
  pause.addEventListener("click", togglePause);
  form.addEventListener("submit", (event) => { event.preventDefault(); narrow(); });
  form.addEventListener("change", narrow);
  addEventListener("popstate", () => location.reload());
  addEventListener("scroll", () => { if (!paused && held.length && scrollY < NEAR_TOP) show(); }, { passive: true });
  bind("f", togglePause, "Pause, go on", "Feed");
  document.body.dataset.ready = "true";
}

const topOf = (root) => Number(root.querySelector("[data-seq]")?.dataset.seq ?? 0);

function soon() {
  due ||= setTimeout(fetchNew, SETTLE_MS);
}

/** One look at a time: two at once would both bring the same lines. */
async function fetchNew() {
  due = 0;
  if (looking) { again = true; return; }
  looking = true;
  again = false;
  await takeNew();
  looking = false;
  if (again) soon();
}

async function takeNew() {
  const upto = lastSeen();
  const mine = asked;
  const params = query();
  params.set("after", newest);
  const lines = await read(params);
  if (!lines || mine !== asked) return;
  newest = Math.max(newest, upto, ...[...lines.children].map((line) => Number(line.dataset.seq ?? 0)));
  overflow ||= Boolean(lines.querySelector("[data-overflow]"));
  held = [...lines.querySelectorAll(".feed-line"), ...held];
  if (paused || scrollY >= NEAR_TOP) offer();
  else show();
}

/** The lines that the server rendered for these parameters, or null when it could not be reached. */
async function read(params) {
  const response = await fetch(`${home}/lines?${params}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.status === 401) location.reload();
  if (!response?.ok) return null;
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  return template.content;
}

function show() {
  if (overflow) { location.reload(); return; }
  if (held.length) list.querySelector(".feed-empty")?.remove();
  for (const line of held) line.dataset.new = "";
  list.prepend(...held);
  held = [];
  offer();
}

function offer() {
  pill.hidden = !held.length;
  pill.textContent = `${held.length}${overflow ? "+" : ""} new`;
}

function togglePause() {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  pause.querySelector("span").textContent = paused ? "Go on" : "Pause";
  pause.querySelector("use").setAttribute("href", paused ? "#i-play" : "#i-pause");
  announce(paused ? "The feed is paused." : "The feed goes on.");
  if (!paused) show();
}

/** Show what the filters say now; the address says it too. */
async function narrow() {
  const mine = (asked += 1);
  const params = query();
  const upto = lastSeen();
  list.setAttribute("aria-busy", "true");
  const lines = await read(params);
  if (mine !== asked) return;
  list.removeAttribute("aria-busy");
  if (!lines) { refused("The feed cannot be narrowed", { message: "Mission Control cannot be reached. Try again.", errors: [] }); return; }
  history.pushState({}, "", addressOf(params));
  held = [];
  overflow = false;
  offer();
  list.replaceChildren(lines);
  window.htmx.process(list);
  newest = Math.max(upto, topOf(list));
  announce(`${list.querySelectorAll(".feed-line").length || "No"} lines.`);
}

setUp();
