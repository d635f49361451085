// Editing one's own message where it stands. The earlier version is kept by the server; what is typed, by the browser.
import { get, patch, Problem } from "../api.js";
import { byId, el } from "../dom.js";
import { draftOf, dropDrafts, setBase } from "../drafts.js";
import { refused } from "../toast.js";
import { refresh } from "./drawer.js";

export async function edit(id, { focus = true } = {}) {
  const place = byId(`message-${id}`);
  if (!place?.querySelector('[data-message="edit"]') || place.querySelector(".message-edit")) return;
  try {
    const message = await get(`/messages/${id}`);
    const now = byId(`message-${id}`);
    if (now && !now.querySelector(".message-edit")) showEdit(now, message, focus);
  } catch (problem) {
    told("The message cannot be edited now", problem);
  }
}

function showEdit(place, message, focus) {
  const name = `message:${message.id}`;
  const field = el("textarea", { class: "input", id: `edit-${name}`, maxlength: "100000", "data-draft": name, "data-mentions": true });
  const form = el("form", { class: "edit-form message-edit", novalidate: true, "data-ctrl-enter": true, "aria-label": "Edit your message" },
    el("label", { class: "sr", for: field.id }, "Message"), field, el("p", { class: "error-text", role: "alert", hidden: true }),
    el("div", { class: "row" }, el("button", { class: "btn btn-primary btn-s" }, "Save"), el("button", { type: "button", class: "btn btn-s", "data-cancel": true }, "Cancel")));
  field.value = draftOf(name)?.text ?? message.content;
  setBase(field, message.content);
  const state = { id: message.id, version: message.version, form, field, name };
  form.addEventListener("submit", (event) => { event.preventDefault(); save(state); });
  form.querySelector("[data-cancel]").addEventListener("click", () => finish(state));
  place.dataset.rewriting = "";
  place.setAttribute("hx-morph-skip", "");
  place.querySelector(".message-head").after(form);
  if (focus) { field.focus(); field.setSelectionRange(field.value.length, field.value.length); }
}

async function save(state) {
  const button = state.form.querySelector(".btn-primary");
  if (button.disabled) return;
  button.disabled = true;
  complain(state.form, "");
  try {
    await patch(`/messages/${state.id}`, { content: state.field.value }, { "If-Match": `"${state.version}"` });
    await finish(state);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code === "version_conflict") await overtaken(state);
    else complain(state.form, problem.errors[0]?.message ?? problem.message);
    state.field.focus();
  } finally {
    button.disabled = false;
  }
}

/** The same person changed it in another window. */
async function overtaken(state) {
  const theirs = await get(`/messages/${state.id}`);
  state.version = theirs.version;
  complain(state.form, `You changed it in another window meanwhile. It now says: “${theirs.content.slice(0, 300)}”. Save again to put this in its place.`);
}

async function finish({ id, form, name }) {
  const place = form.closest(".message");
  dropDrafts(name);
  form.remove();
  if (!place) return;
  delete place.dataset.rewriting;
  place.removeAttribute("hx-morph-skip");
  await refresh();
  byId(`message-${id}`)?.querySelector('[data-message="edit"]')?.focus({ preventScroll: true });
}

/** Say under the text what is wrong with it, or with "" nothing. */
export function complain(form, text) {
  const error = form.querySelector(".error-text");
  error.textContent = text;
  error.hidden = !text;
  form.querySelector("textarea").setAttribute("aria-invalid", String(Boolean(text)));
}

/** A refusal as a toast; a mistake of ours goes on. */
export function told(title, problem) {
  if (!(problem instanceof Problem)) throw problem;
  refused(title, problem);
}
