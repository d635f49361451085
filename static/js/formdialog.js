// A dialog with a form that is sent: it stays open, with the reason, while the server refuses.
import { Problem } from "./api.js";
import { el, icon } from "./dom.js";
import { keepFields } from "./dialogdrafts.js";

let made = 0;

/**
 * Show `parts` and send on submit; answers whether it was sent. `send` may throw a Problem, shown in the dialog.
 * What is typed is kept in this browser until then.
 */
export function formDialog({ title, parts, action, danger = false, send }) {
  const id = `form-dialog-${made += 1}`;
  const alert = el("p", { class: "error-text", role: "alert", hidden: true });
  const button = el("button", { class: danger ? "btn btn-danger" : "btn btn-primary" }, action);
  const close = el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "data-close": true, "aria-label": "Close" }, icon("close"));
  const form = el("form", { novalidate: true }, el("div", { class: "dialog-head" }, el("h2", { id }, title), close),
    el("div", { class: "dialog-body" }, ...parts, alert),
    el("div", { class: "dialog-foot" }, el("button", { type: "button", class: "btn", "data-close": true }, "Not now"), button));
  const dialog = el("dialog", { class: "dialog dialog-s", "aria-labelledby": id }, form);
  return new Promise((resolve) => {
    let sent = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      for (const error of form.querySelectorAll("[data-error], .error-text")) error.hidden = true;
      try {
        await send();
        sent = true;
        kept.drop();
        dialog.close();
      } catch (problem) {
        if (!(problem instanceof Problem)) throw problem;
        complain(form, alert, problem);
      } finally {
        button.disabled = false;
      }
    });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(sent); });
    document.body.append(dialog);
    const kept = keepFields(`dialog:${location.pathname}:${title}`, form);
    dialog.showModal();
    (dialog.querySelector(".dialog-body :is(select, textarea, input)") ?? button).focus();
  });
}

/** Each message beside its field, where the dialog has a place `[data-error=field]` for it; the rest below. */
function complain(form, alert, problem) {
  const rest = problem.errors.length ? [] : [problem.message];
  for (const { field, message } of problem.errors) {
    const place = form.querySelector(`[data-error="${CSS.escape(field)}"]`);
    if (place) Object.assign(place, { textContent: message, hidden: false });
    else rest.push(message);
  }
  alert.textContent = [...new Set(rest)].join(" ");
  alert.hidden = !rest.length;
}
