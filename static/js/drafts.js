// What somebody types is kept in this browser until it is sent: per person and per place, gone with the sign-out.
//
// A field with `data-draft="name"` is kept as it is typed in; `restore` puts back what was kept. A draft holds the text and
// what the field said before (`base`), so that whoever puts it back can see whether others changed that meanwhile.

const PREFIX = "mc-draft-";
const KEPT_MS = 30 * 86_400_000;
const bases = new WeakMap();

const mine = () => `${PREFIX}${document.body.dataset.user ?? ""}:`;

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

/** {text, base, at} of what was typed under this name and not sent, or null. */
export const draftOf = (name) => read(mine() + name);

/** Keep a text; one that is what the field said before needs no keeping. */
export function keepDraft(name, text, base = "") {
  if (text === base) { dropDrafts(name); return; }
  try { localStorage.setItem(mine() + name, JSON.stringify({ text, base, at: Date.now() })); } catch { /* full or forbidden: it stays in the page only */ }
}

export function dropDrafts(...names) {
  for (const name of names) try { localStorage.removeItem(mine() + name); } catch { /* nothing was kept */ }
}

/** The names that begin so. */
export const draftNames = (beginning) => keys().filter((key) => key.startsWith(mine() + beginning)).map((key) => key.slice(mine().length));

/** Signing out takes everything with it that this person typed. */
export const dropAllDrafts = () => dropDrafts(...draftNames(""));

function keys() {
  try { return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)); } catch { return []; }
}

/** Keep what every field of the page says now, also where another tab has signed out and taken the drafts with it. */
export function keepAll() {
  for (const field of document.querySelectorAll("[data-draft]")) if (field.type !== "radio" || field.checked) keep(field);
}

function keep(field) {
  if (field.type === "radio") { keepDraft(field.dataset.draft, field.value); return; }
  keepDraft(field.dataset.draft, field.value, bases.get(field) ?? field.defaultValue ?? "");
}

/** What the field says without the draft. */
export const baseOf = (field) => bases.get(field);
export const setBase = (field, base) => bases.set(field, base);

/** Put back what was typed into the fields below `root`; answers the fields that say something else now. */
export function restore(root = document) {
  return [...root.querySelectorAll("[data-draft]")].filter((field) => {
    if (bases.has(field)) return false;
    if (field.type === "radio") return choose(field);
    setBase(field, field.value);
    const draft = draftOf(field.dataset.draft);
    if (!draft || draft.text === field.value) { dropDrafts(field.dataset.draft); return false; }
    field.value = draft.text;
    if (field.value === draft.text) return true;
    field.value = bases.get(field); // a choice that is no longer offered
    return false;
  });
}

function choose(field) {
  setBase(field, "");
  if (draftOf(field.dataset.draft)?.text === field.value) field.checked = true;
  return false;
}

/** The form was sent: nothing of it is kept, and its fields are empty again. */
export function forget(form) {
  dropDrafts(...[...form.querySelectorAll("[data-draft]")].map((field) => field.dataset.draft));
  form.reset();
}

export function setUpDrafts() {
  document.addEventListener("input", ({ target }) => {
    if (target.dataset?.draft) keep(target);
  });
  for (const key of keys()) if (!(read(key)?.at > Date.now() - KEPT_MS)) localStorage.removeItem(key);
  document.addEventListener("submit", (event) => {
    if (event.target.matches('[action="/sign-out"]') || event.submitter?.matches("[data-forget-drafts]")) dropAllDrafts();
  });
  restore();
}
