// Completing @mentions in a text: a list of agents and people under the field, worked with the arrow keys. The field stays
// a text box; the list is its popup, and the option chosen is told by aria-activedescendant.
import { readChoices } from "./choices.js";
import { announce, el } from "./dom.js";

const FRESH_MS = 60_000;
const MOST = 8;
const AT = /(?<![\p{L}\p{N}\p{M}_@\\\-+%])@(?:"([^"\n]{0,60})|([^\s@"`<>()[\]{},;:!?]{0,60}))$/u;
const HANDLE = /^[\p{L}\p{N}\p{M}_](?:[\p{L}\p{N}\p{M}_\-.+]*[\p{L}\p{N}\p{M}_])?$/u;
const EVERYBODY = { slug: "all", name: "Everybody in this project", kind: "" };

let known = null;
let readAt = 0;
let state = null;

export function setUpMentions() {
  document.addEventListener("input", ({ target }) => { if (target.matches?.("[data-mentions]")) look(target); });
  document.addEventListener("keydown", pressed, true);
  document.addEventListener("focusout", ({ target }) => { if (state?.field === target) close(); });
  document.addEventListener("selectionchange", () => { if (state && (state.field !== document.activeElement || !asked(state.field))) close(); });
  addEventListener("resize", close);
}

/** What stands behind the @ at the caret, or null where there is none or where it would not be a mention. */
function asked(field) {
  const before = field.value.slice(0, field.selectionStart);
  const found = field.selectionStart === field.selectionEnd && before.match(AT);
  if (!found || isCode(before)) return null;
  return { text: found[1] ?? found[2], quoted: found[1] !== undefined, from: field.selectionStart - found[0].length };
}

/** Whether a text ends inside code or a quotation, where the server reads no mentions. */
function isCode(text) {
  let fence = "";
  let paragraph = "";
  for (const line of text.split("\n")) {
    const mark = line.match(/^\s*(`{3,}|~{3,})/)?.[1] ?? "";
    if (fence) fence = mark.startsWith(fence) ? "" : fence;
    else if (mark) fence = mark;
    else paragraph = line.trim() ? `${paragraph}\n${line}` : "";
  }
  if (fence || /^\s*>/.test(text.slice(text.lastIndexOf("\n") + 1))) return true;
  let opened = 0;
  for (const [run] of paragraph.matchAll(/`+/g)) opened = opened ? (run.length === opened ? 0 : opened) : run.length;
  return opened > 0;
}

async function look(field) {
  const wanted = asked(field);
  if (!wanted) { close(); return; }
  await learn();
  const still = asked(field);
  if (!still || document.activeElement !== field) { close(); return; }
  const found = matching(still);
  if (found.length) show(field, still, found);
  else close();
}

async function learn() {
  if (known && Date.now() - readAt < FRESH_MS) return;
  readAt = Date.now();
  try {
    const { agents, people } = await readChoices();
    known = [...agents.map((agent) => ({ ...agent, kind: "agent" })), ...people.map((one) => ({ ...one, kind: "person" })), EVERYBODY];
  } catch {
    known ??= [];
  }
}

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Those whose slug begins so, then those whose name or a word of it does, then those that hold it. */
function matching({ text, quoted }) {
  const wanted = fold(text);
  const rank = ({ slug, name }) => {
    const [handle, full] = [fold(slug), fold(name)];
    if (!quoted && handle.startsWith(wanted)) return 0;
    if (full.startsWith(wanted) || full.split(/\s+/).some((word) => word.startsWith(wanted))) return 1;
    return handle.includes(wanted) || full.includes(wanted) ? 2 : 3;
  };
  const ranked = known.map((one) => ({ one, rank: rank(one) })).filter(({ rank: place }) => place < 3);
  return ranked.sort((a, b) => a.rank - b.rank).slice(0, MOST).map(({ one }) => one);
}

function show(field, wanted, found) {
  const list = state?.field === field ? state.list : opened(field);
  const active = state?.list === list ? Math.min(state.active, found.length - 1) : 0;
  state = { field, list, wanted, found, active };
  list.replaceChildren(...found.map((one, place) => el("li", { class: "menu-item mention", role: "option", id: `mention-${place}`, onpointerdown: (event) => { event.preventDefault(); pick(place); } },
    el("span", { class: "grow clip" }, `${one.emoji ?? ""} ${one.name}`.trim()), el("span", { class: "faint" }, `@${one.slug}`))));
  place(list, field);
  choose(active);
  if (found.length !== list.told) announce(`${found.length} ${found.length === 1 ? "name" : "names"}. Arrow keys choose, Enter takes one.`);
  list.told = found.length;
}

function opened(field) {
  close();
  const list = el("ul", { class: "menu-panel mentions", id: "mentions", role: "listbox", popover: "manual", "aria-label": "Whom to mention" });
  (field.closest("dialog, main") ?? document.body).append(list);
  list.showPopover();
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  return list;
}

/** Above the field where there is more room than below. */
function place(list, field) {
  const box = field.getBoundingClientRect();
  const above = box.top > innerHeight - box.bottom;
  Object.assign(list.style, {
    left: `${Math.max(8, box.left)}px`, width: `${Math.min(360, box.width)}px`,
    top: above ? "auto" : `${box.bottom + 4}px`, bottom: above ? `${innerHeight - box.top + 4}px` : "auto",
  });
}

function choose(place) {
  state.active = (place + state.found.length) % state.found.length;
  [...state.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === state.active)));
  state.list.children[state.active].scrollIntoView({ block: "nearest" });
  state.field.setAttribute("aria-activedescendant", `mention-${state.active}`);
}

function pressed(event) {
  if (!state || event.target !== state.field || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const act = { ArrowDown: () => choose(state.active + 1), ArrowUp: () => choose(state.active - 1), Enter: () => pick(state.active), Tab: () => pick(state.active), Escape: close }[event.key];
  if (!act || (event.key === "Tab" && event.shiftKey)) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function pick(place) {
  const { field, wanted, found } = state;
  const after = field.value.slice(field.selectionEnd);
  const text = `@${written(found[place], wanted)}${/^\s/.test(after) ? "" : " "}`;
  const end = wanted.quoted && after.startsWith('"') ? field.selectionEnd + 1 : field.selectionEnd;
  field.setRangeText(text, wanted.from, end, "end");
  close();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The slug; the full name in quotation marks where that was typed, or a name that is not plain, and means nobody else. */
function written({ slug, name, kind }, { text, quoted }) {
  const byName = quoted || (text && !fold(slug).startsWith(fold(text)) && /[^\x20-\x7e]/.test(name)) || !HANDLE.test(slug);
  const alone = known.filter((one) => fold(one.name) === fold(name)).length === 1;
  return kind && byName && alone && !/["\n]/.test(name) ? `"${name}"` : slug;
}

function close() {
  if (!state) return;
  const { field, list } = state;
  state = null;
  list.remove();
  for (const name of ["aria-activedescendant", "aria-controls", "aria-autocomplete"]) field.removeAttribute(name);
}
