// A button that needs one sentence first: a small dialog that asks for it.
import { keepFields } from "./dialogdrafts.js";
import { dropDrafts } from "./drafts.js";
import { el, icon } from "./dom.js";

const nameOf = (question) => `ask:${location.pathname}:${question}`;

/** The sentence was taken: it need not be kept any longer. */
export const answered = (question) => dropDrafts(`${nameOf(question)}:answer`);

/** The sentence, or null when the person thought better of it. It is kept until `answered`. */
export function ask(question, action) {
  return new Promise((resolve) => {
    const field = el("textarea", { class: "input", id: "ask-field", name: "answer", maxlength: "2000", required: true });
    const close = el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "data-close": true, "aria-label": "Close" }, icon("close"));
    const form = el("form", { novalidate: true }, el("div", { class: "dialog-head" }, el("h2", { id: "ask-title" }, question), close),
      el("div", { class: "dialog-body" }, el("div", { class: "field" }, el("label", { for: "ask-field", class: "sr" }, question), field)),
      el("div", { class: "dialog-foot" }, el("button", { type: "button", class: "btn", "data-close": true }, "Not now"), el("button", { class: "btn btn-primary" }, action)));
    const dialog = el("dialog", { class: "dialog dialog-s", "aria-labelledby": "ask-title" }, form);
    let answer = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!field.value.trim()) { field.focus(); return; }
      answer = field.value.trim();
      dialog.close();
    });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    keepFields(nameOf(question), form);
    dialog.showModal();
    field.focus();
  });
}
