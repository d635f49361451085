// The command palette: actions, tasks, agents and projects by a few letters, with the keyboard alone.
import { actions } from "./actions.js";
import { byId, el, glyph, icon, recall, remember } from "./dom.js";
import { score } from "./fuzzy.js";
import { needed } from "./needed.js";

const SETTLE_MS = 90;
const SHOWN = 24;
const RECENT = 6;
const { project } = document.body.dataset;
const shelf = `palette-${project}`;
let found = { tasks: [], agents: [], projects: [] };
let items = [];
let active = 0;
let asked = 0;
let due = 0;

/** Open the palette, or close it. */
export function togglePalette() {
  const dialog = byId("palette") ?? build();
  if (dialog.open) { dialog.close(); return; }
  const input = byId("palette-input");
  input.value = "";
  dialog.showModal();
  input.focus();
  show();
  fetchFound();
}

function build() {
  const input = el("input", {
    class: "palette-input", id: "palette-input", type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list",
    "aria-autocomplete": "list", "aria-label": "Find and do", autocomplete: "off", spellcheck: "false", placeholder: "Do something, or find a task or an agent",
  });
  const list = el("div", { class: "palette-list", id: "palette-list", role: "listbox", "aria-label": "What fits" });
  const note = el("p", { class: "palette-note", id: "palette-note", role: "status" });
  const dialog = el("dialog", { class: "dialog palette", id: "palette", "aria-label": "Find and do" }, el("div", { class: "palette-head" }, icon("search"), input), list, note);
  input.addEventListener("input", typed);
  input.addEventListener("keydown", pressed);
  list.addEventListener("pointermove", (event) => { const at = placeOf(event); if (at >= 0 && at !== active) mark(at, false); });
  list.addEventListener("click", (event) => { if (placeOf(event) >= 0) choose(placeOf(event)); });
  document.body.append(dialog);
  return dialog;
}

const placeOf = (event) => Number(event.target.closest("[data-place]")?.dataset.place ?? -1);
const words = () => byId("palette-input").value.trim();

function typed() {
  show();
  clearTimeout(due);
  due = setTimeout(fetchFound, SETTLE_MS);
}

async function fetchFound() {
  const mine = (asked += 1);
  const response = await fetch(`/p/${project}/palette?${new URLSearchParams({ q: words() })}`).catch(() => null);
  if (mine !== asked) return;
  if (response?.status === 401) { location.reload(); return; }
  const answer = response?.ok ? await response.json() : null;
  if (mine !== asked) return;
  if (answer) found = answer;
  show(answer ? "" : "Tasks cannot be searched: Mission Control cannot be reached.", active > 0 ? items[active]?.id : "");
}

/** Draw what fits; `kept` is the id of what somebody has gone to meanwhile, which stays marked. */
function show(trouble = "", kept = "") {
  items = words() ? ranked() : offered();
  const list = byId("palette-list");
  const rows = items.map((item, place) => option(item, place));
  const groups = new Map();
  items.forEach((item, place) => groups.set(item.group, [...(groups.get(item.group) ?? []), rows[place]]));
  list.replaceChildren(...[...groups].map(([group, options]) => el("div", { role: "group", "aria-label": group },
    el("p", { class: "menu-title", "aria-hidden": "true" }, group), ...options)));
  mark(Math.max(0, items.findIndex((item) => item.id === kept)), true);
  const count = items.length === 1 ? "1 fits" : `${items.length} fit`;
  byId("palette-note").textContent = trouble || (items.length ? count : `Nothing fits “${words()}”. Try fewer letters, or a task's key.`);
}

/** Without a word: what was chosen last, then the actions, then what changed last. */
function offered() {
  const all = [...everything(), ...found.tasks.map(asTask)];
  const recent = recall(shelf, []).map((kept) => all.find((item) => item.id === kept.id) ?? (kept.key && asTask(kept))).filter(Boolean);
  const ids = new Set(recent.map((item) => item.id));
  const rest = all.filter((item) => !ids.has(item.id) && item.group !== "Projects");
  const first = (group, most) => rest.filter((item) => item.group === group).slice(0, most);
  return [...recent.slice(0, RECENT).map((item) => ({ ...item, group: "Recent" })), ...first("Actions", 12), ...first("Tasks", 6), ...first("Agents", 6)];
}

/** The best of all sorts first; what was chosen lately before what fits as well. Groups stay together, the best group first. */
function ranked() {
  const query = words();
  const recent = recall(shelf, []).map((kept) => kept.id);
  const points = (item) => score(query, item.title, item.words) + (recent.includes(item.id) ? 4 : 0);
  const local = everything().filter((item) => score(query, item.title, item.words) > 0);
  const best = [...local, ...found.tasks.map(asTask)].map((item) => ({ ...item, points: points(item) })).filter((item) => item.points > 0);
  best.sort((one, other) => other.points - one.points);
  const order = [...new Set(best.map((item) => item.group))];
  return best.slice(0, SHOWN).sort((one, other) => order.indexOf(one.group) - order.indexOf(other.group));
}

function everything() {
  const does = actions().map(({ id, title, words: more, icon: name, key, run }) => ({ id: `action:${id}`, group: "Actions", title, words: more, mark: () => icon(name), key, run }));
  const agents = found.agents.map(({ slug, name, emoji, state }) => ({
    id: `agent:${slug}`, group: "Agents", title: `${emoji} ${name}`.trim(), words: slug, note: state === "active" ? slug : state, mark: () => icon("bot"), run: () => location.assign(`/p/${project}/agents/${slug}`),
  }));
  const projects = found.projects.filter((one) => one.slug !== project).map(({ slug, name }) => ({
    id: `project:${slug}`, group: "Projects", title: `Go to ${name}`, words: slug, mark: () => icon("columns"), run: () => location.assign(`/p/${slug}`),
  }));
  return [...does, ...agents, ...projects];
}

function asTask({ key, title, status }) {
  return { id: `task:${key}`, group: "Tasks", title: `${key} ${title}`, words: "", kept: { key, title, status }, mark: () => glyph(status), run: () => openTask(key) };
}

async function openTask(key) {
  const path = `/p/${project}/t/${key}`;
  if (document.body.dataset.page !== "board") { location.assign(path); return; }
  await (await needed(import("./board/drawer.js")))?.openDrawer(path);
}

function option(item, place) {
  const keys = item.key ? item.key.split(" ").flatMap((key) => [el("kbd", {}, key), " "]) : [];
  return el("div", { class: "menu-item", role: "option", id: `palette-${place}`, "data-place": place, "aria-selected": "false" },
    item.mark(), el("span", { class: "grow clip" }, item.title), item.note && el("span", { class: "faint" }, item.note), ...keys);
}

function mark(place, scroll) {
  active = place;
  for (const row of byId("palette-list").querySelectorAll("[data-place]")) row.setAttribute("aria-selected", String(Number(row.dataset.place) === place));
  const row = byId(`palette-${place}`);
  if (row) byId("palette-input").setAttribute("aria-activedescendant", row.id);
  else byId("palette-input").removeAttribute("aria-activedescendant");
  if (scroll) (place ? row : byId("palette-list").firstElementChild)?.scrollIntoView({ block: "nearest" });
}

function pressed(event) {
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
  if (event.isComposing) return;
  if (event.key === "Enter") { event.preventDefault(); choose(active); return; }
  if (!step || !items.length) return;
  event.preventDefault();
  const far = Math.abs(step) > 1;
  const next = far ? Math.max(0, Math.min(items.length - 1, active + step)) : (active + step + items.length) % items.length;
  mark(next, true);
}

function choose(place) {
  const item = items[place];
  if (!item) return;
  const others = recall(shelf, []).filter((kept) => kept.id !== item.id);
  remember(shelf, [{ id: item.id, ...item.kept }, ...others].slice(0, 20));
  byId("palette").close();
  item.run();
}
