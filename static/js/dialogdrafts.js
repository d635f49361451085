// What somebody types into a dialog is kept as well, and comes back with a word about it. Fetched with the first dialog.
import { el, icon } from "./dom.js";
import { baseOf, draftOf, dropDrafts, restore } from "./drafts.js";

const TYPED = "textarea, input:not([type=checkbox], [type=radio], [type=hidden], [type=password])";

/**
 * Keep what is typed into the fields of a dialog's form, and put back what was. Answers {drop}, to be called once it is sent.
 * Where something was put back, a line above the fields says so and offers to discard it.
 */
export function keepFields(scope, form, fields = TYPED) {
  const kept = [...form.querySelectorAll(fields)];
  kept.forEach((field, place) => { field.dataset.draft ??= `${scope}:${field.name || field.id.replace(/-\d+$/, "") || place}`; });
  const names = kept.map((field) => field.dataset.draft);
  form.querySelector("[data-restored]")?.remove();
  const changed = names.some((name) => { const draft = draftOf(name); return draft && !kept.some((field) => field.dataset.draft === name && field.value === draft.base); });
  const back = restore(form);
  for (const field of back) field.dispatchEvent(new Event("input", { bubbles: true }));
  if (back.length) form.querySelector(".dialog-body").prepend(noteOf(back, changed));
  return { drop: () => dropDrafts(...names) };
}

function noteOf(fields, changed) {
  const note = el("p", { class: "note", "data-restored": true, role: "status" }, icon("info"),
    el("span", { class: "grow" }, changed ? "What you typed before is back, but somebody changed this meanwhile: look at it before you send it." : "What you typed before is back."),
    el("button", { type: "button", class: "btn btn-s", onclick: discard }, "Discard"));
  function discard() {
    for (const field of fields) {
      field.value = baseOf(field);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    note.remove();
    fields[0].focus();
  }
  return note;
}
