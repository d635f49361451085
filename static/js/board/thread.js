// The thread: writing, previewing, answering, editing and deleting messages, going to one, loading earlier ones. The
// drawer draws it anew whenever something happens; the composer and a message that is being edited are passed over by the
// morph (`hx-morph-skip`), so that focus, selection and text stay.
import { csrfToken, get, post, Problem, put, remove, sessionStands } from "../api.js";
import { announce, byId, el, icon, recall, remember } from "../dom.js";
import { draftNames, draftOf, dropDrafts, keepDraft, restore } from "../drafts.js";
import { formDialog } from "../formdialog.js";
import { setUpMentions } from "../mentions.js";
import { toast } from "../toast.js";
import { LINK, openKey, refresh } from "./drawer.js";
import { complain, edit, told } from "./messageedit.js";

const SEEN_KEPT = 200;
const QUOTED = 600;
const FURTHER = "&further";
let card = null;
let unreadFrom = "";

const thread = () => byId("thread");
const composer = () => byId("composer-form");
const messages = () => [...thread().querySelectorAll(".message")];
const idOf = (message) => message.id.slice("message-".length);
const home = () => `/p/${document.body.dataset.project}/t/${openKey()}`;

document.addEventListener("keydown", pressed);
setUpMentions();

/** The thread was drawn: put back what was being typed, show what is new, and the first time go where the reader wants to be. */
export function drawn() {
  if (!thread()) return;
  const arrived = card !== byId("drawer-card");
  card = byId("drawer-card");
  if (composer()) takeUp();
  if (arrived) unreadFrom = firstUnread();
  markUnread();
  for (const name of draftNames("message:")) if (!byId(`edit-${name}`)) edit(name.slice("message:".length), { focus: false });
  if (arrived) arrive();
  keepSeen();
}

function takeUp() {
  restore(composer());
  const answers = draftOf(`reply:${openKey()}`);
  if (answers) showAnswered(JSON.parse(answers.text));
}

function arrive() {
  const linked = location.hash.match(/^#message-([0-9a-f-]{36})$/)?.[1];
  const unread = byId("unread");
  const body = byId("drawer-body");
  if (linked) goTo(linked);
  else if (unread) unread.scrollIntoView({ block: "center" });
  else if (body) body.scrollTop = body.scrollHeight;
}

// What is new since the last visit: ids grow with time, so the last one seen says it.
const shelf = () => `seen-${document.body.dataset.user}`;

function firstUnread() {
  const seen = recall(shelf(), {})[openKey()];
  return seen ? messages().map(idOf).find((id) => id > seen) ?? "" : "";
}

function markUnread() {
  byId("unread")?.remove();
  const first = unreadFrom && byId(`message-${unreadFrom}`);
  if (first) first.before(el("p", { class: "unread", id: "unread", role: "separator", "aria-label": "New since your last visit" }, "New"));
}

function keepSeen() {
  const last = messages().map(idOf).sort().at(-1);
  if (!last || document.hidden) return;
  const { [openKey()]: before = "", ...others } = recall(shelf(), {});
  const kept = Object.entries(others).slice(-SEEN_KEPT);
  remember(shelf(), Object.fromEntries([...kept, [openKey(), last > before ? last : before]]));
}

/** Bring a message into sight, from the server if it is not shown yet. */
async function goTo(id) {
  if (!byId(`message-${id}`)) await refresh({ query: `?from=${id}`, fromEnd: true });
  const found = byId(`message-${id}`);
  if (!found) { toast("That message cannot be shown here", { detail: "It is too far back, or belongs to another task. Search finds it." }); return; }
  history.replaceState(history.state, "", `${location.pathname}${location.search}#message-${id}`);
  for (const other of thread().querySelectorAll("[data-linked]")) delete other.dataset.linked;
  found.dataset.linked = "";
  found.scrollIntoView({ block: "center" });
  found.focus({ preventScroll: true });
}

/** Something in the thread or its composer was clicked. */
export function clicked(target) {
  const link = target.closest(LINK);
  const act = target.closest("[data-message]");
  const follow = target.closest("[data-follow]");
  if (link) goTo(link.hash.slice("#message-".length));
  if (act) ACTS[act.dataset.message](idOf(act.closest(".message")), act);
  if (follow) setFollowing(follow);
  if (target.closest("[data-earlier]")) loadEarlier(target.closest("[data-earlier]"));
  if (target.closest("[data-preview]")) togglePreview(target.closest("form"));
  if (target.closest("[data-no-answer]")) { dropAnswered(); composer().elements.content.focus(); }
}

function pressed(event) {
  const form = event.target.closest?.(".message-edit");
  if (!form || event.key !== "Escape" || event.defaultPrevented) return;
  event.stopPropagation();
  form.querySelector("[data-cancel]").click();
}

async function loadEarlier(button) {
  const first = messages()[0];
  button.disabled = true;
  await refresh({ query: `?from=${idOf(first)}${FURTHER}`, fromEnd: true });
  button.disabled = false;
  first.focus({ preventScroll: true });
  announce(`${messages().indexOf(byId(first.id))} earlier messages loaded.`);
}

async function setFollowing(button) {
  const follows = button.getAttribute("aria-pressed") === "true";
  button.disabled = true;
  try {
    await (follows ? remove : put)(`/tasks/${button.dataset.follow}/subscription`);
    await refresh();
    announce(follows ? "You no longer follow this thread." : "You follow this thread.");
  } catch (problem) {
    told("That did not work", problem);
  } finally {
    button.disabled = false;
    byId("follow")?.focus({ preventScroll: true });
  }
}

/** Send what the composer holds. What is typed while it is on its way stays. */
export async function compose(form) {
  const field = form.elements.content;
  const said = field.value;
  const key = form.dataset.key;
  if ("sending" in form.dataset) return;
  if (!said.trim()) { field.focus(); return; }
  form.dataset.sending = "";
  form.querySelector("[data-send]").disabled = true;
  complain(form, "");
  try {
    const answers = form.dataset.replyTo ? { reply_to: form.dataset.replyTo } : {};
    await post(`/tasks/${key}/messages`, { type: form.elements.type.value, content: said, ...answers });
    sent(form, said);
    if (openKey() === key) await refresh({ fromEnd: true });
    const body = byId("drawer-body");
    if (body) body.scrollTop = body.scrollHeight;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    complain(form, problem.errors[0]?.message ?? problem.message);
  } finally {
    delete form.dataset.sending;
    form.querySelector("[data-send]").disabled = false;
    if (form.isConnected) field.focus();
  }
}

function sent(form, said) {
  const field = form.elements.content;
  const rest = field.value.startsWith(said) ? field.value.slice(said.length).trimStart() : field.value;
  field.value = rest;
  keepDraft(field.dataset.draft, rest);
  form.elements.type.selectedIndex = 0;
  unreadFrom = "";
  dropAnswered(form);
  if (!byId("composer-preview").hidden) togglePreview(form);
}

/** HTML of our own server, put into `place`. */
async function draw(place, path, request = {}) {
  place.setAttribute("aria-busy", "true");
  place.replaceChildren(el("div", { class: "skeleton" }));
  const headers = { "HX-Request": "true", "X-CSRFToken": csrfToken() };
  const response = await fetch(path, { headers, credentials: "same-origin", ...request }).catch(() => null);
  if (response?.status === 401 || response?.status === 403) sessionStands();
  place.removeAttribute("aria-busy");
  if (response?.ok) place.innerHTML = await response.text();
  else place.replaceChildren(el("p", { class: "error-text", role: "alert" }, "This cannot be shown now. Your text is kept; try again."));
}

function togglePreview(form) {
  const field = form.elements.content;
  const place = byId("composer-preview");
  const button = form.querySelector("[data-preview]");
  const opens = place.hidden;
  place.hidden = !opens;
  field.hidden = opens;
  button.setAttribute("aria-pressed", String(opens));
  button.textContent = opens ? "Write" : "Preview";
  if (opens) draw(place, `/p/${document.body.dataset.project}/preview`, { method: "POST", body: new URLSearchParams({ content: field.value }) });
  else field.focus();
}

const ACTS = { reply, edit, delete: deleteMessage, link: copyLink, changes: showChanges };

async function copyLink(id) {
  const url = `${location.origin}${home()}/thread#message-${id}`;
  try {
    await navigator.clipboard.writeText(url);
    toast("The link is copied", { tone: "good" });
  } catch {
    toast("Copy the link from here", { detail: url, seconds: 0 });
  }
}

/** Quote what is selected in the message, or its beginning, and answer it. */
async function reply(id) {
  try {
    const message = await get(`/messages/${id}`);
    const field = composer().elements.content;
    const lines = (selectedIn(id) || ownWords(message.content)).split("\n").map((line) => `> ${line}`.trimEnd());
    const before = field.value.trim() ? `${field.value.trimEnd()}\n\n` : "";
    if (field.hidden) togglePreview(composer());
    field.value = `${before}${lines.join("\n")}\n\n`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const answers = { id, name: message.author.name };
    keepDraft(`reply:${openKey()}`, JSON.stringify(answers));
    showAnswered(answers);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    field.scrollTop = field.scrollHeight;
  } catch (problem) {
    told("The message cannot be answered now", problem);
  }
}

/** The beginning of what a message says itself, without what it quotes. */
const ownWords = (text) => text.split("\n").filter((line) => !line.startsWith(">")).join("\n").trim().slice(0, QUOTED);

function selectedIn(id) {
  const selection = getSelection();
  const prose = byId(`message-${id}`).querySelector(".prose");
  return !selection.isCollapsed && prose.contains(selection.anchorNode) && prose.contains(selection.focusNode) ? selection.toString().trim() : "";
}

function showAnswered({ id, name }) {
  const place = composer().querySelector("[data-answering]");
  composer().dataset.replyTo = id;
  place.replaceChildren(icon("reply"), el("span", { class: "grow clip" }, "In answer to ", el("a", { class: "link", href: `#message-${id}` }, name)),
    el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "data-no-answer": true, "aria-label": "Not an answer" }, icon("close")));
  place.hidden = false;
}

function dropAnswered(form = composer()) {
  dropDrafts(`reply:${form.dataset.key}`);
  delete form.dataset.replyTo;
  form.querySelector("[data-answering]").hidden = true;
}

async function deleteMessage(id) {
  const parts = [el("p", {}, "Its place in the thread stays. What it said is shown to its author and to operators only.")];
  const send = () => remove(`/messages/${id}`);
  if (await formDialog({ title: "Delete this message?", parts, action: "Delete", danger: true, send })) await refresh();
  byId(`message-${id}`)?.focus({ preventScroll: true });
}

function showChanges(id) {
  const body = el("div", { class: "dialog-body", tabindex: "0", role: "region", "aria-label": "Versions" });
  const close = el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "data-close": true, "aria-label": "Close" }, icon("close"));
  const dialog = el("dialog", { class: "dialog dialog-wide", "aria-labelledby": "changes-title" },
    el("div", { class: "dialog-head" }, el("h2", { id: "changes-title" }, "What was changed"), close), body);
  dialog.addEventListener("close", () => { dialog.remove(); byId(`message-${id}`)?.querySelector('[data-message="changes"]')?.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  draw(body, `${home()}/messages/${id}/changes`);
}
