// A secret that is shown this one time: only its button closes the dialog.
import { copyable } from "./copy.js";
import { el, icon } from "./dom.js";

/** Show `secret` under `label`, with what `more` elements say of it, until the person has kept it. */
export function showOnce({ title, label, secret, warning, more = [] }) {
  const close = el("button", { type: "button", class: "btn btn-primary", "data-close": true }, "I have kept it");
  const dialog = el("dialog", { class: "dialog dialog-wide", closedby: "none", "data-stays": true, "aria-labelledby": "shown-once-title" },
    el("div", { class: "dialog-head" }, el("h2", { id: "shown-once-title" }, title)),
    el("div", { class: "dialog-body" }, el("p", { class: "note note-warn" }, icon("key"), el("span", {}, warning)), copyable(label, secret), ...more),
    el("div", { class: "dialog-foot" }, close));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(); });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("[data-copy]").focus();
  });
}
