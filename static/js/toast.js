// Short messages at the corner. Refusals stay until they are read; the rest leaves by itself.
import { byId, el, icon } from "./dom.js";

const ICONS = { bad: "alert", good: "check", plain: "info" };
const MOST = 4;

/** Show a toast. `action` is {label, run}; `seconds` 0 keeps it until closed. Returns a function that closes it, with its `box`. */
export function toast(title, { detail = "", tone = "plain", seconds = 6, action = null, closed = null } = {}) {
  const region = byId("toasts");
  const close = () => { clearTimeout(timer); box.remove(); closed?.(); };
  const actions = el("div", { class: "toast-actions" },
    action && el("button", { type: "button", class: "btn btn-s", onclick: () => { close(); action.run(); } }, action.label),
    el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "aria-label": "Dismiss", onclick: () => close() }, icon("close")));
  const box = el("div", { class: `toast toast-${tone}`, role: tone === "bad" ? "alert" : "status" },
    icon(ICONS[tone]), el("div", {}, el("strong", {}, title), detail && el("p", {}, detail)), actions);
  let timer = 0;
  const start = () => { if (seconds) timer = setTimeout(close, seconds * 1000); };
  box.addEventListener("mouseenter", () => clearTimeout(timer));
  box.addEventListener("mouseleave", start);
  region.append(box);
  while (region.children.length > MOST) region.firstElementChild.remove();
  start();
  return Object.assign(close, { box });
}

/** A refusal of the server, in its own words. */
export function refused(title, problem, action = null) {
  const details = [problem.message, ...problem.errors.map((error) => error.message)];
  return toast(title, { detail: [...new Set(details)].join(" "), tone: "bad", seconds: 12, action });
}
