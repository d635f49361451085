// Giving a review, and answering one.
import { openKey, refresh } from "../board/drawer.js";
import { post, Problem } from "../api.js";
import { byId, el } from "../dom.js";
import { formDialog } from "../formdialog.js";
import { toast } from "../toast.js";
import { forget } from "../drafts.js";

/** What each kind sends beside its words. */
const PARTS = {
  praise: (form) => ({ score: Number(form.elements.score.value) || null }),
  refute: (form) => (form.elements.severity.value ? { severity: form.elements.severity.value } : {}),
  changeset: (form) => ({ patch: form.elements.patch.value }),
  approve: () => ({}),
};

export function setUpReviews() {
  byId("drawer").addEventListener("submit", (event) => {
    const form = event.target.closest("[data-give-review]");
    if (!form) return;
    event.preventDefault();
    send(form);
  });
  byId("drawer").addEventListener("click", (event) => {
    const button = event.target.closest("[data-answer-review]");
    if (button) answer(button);
  });
}

async function send(form) {
  const button = byId("give-send");
  const kind = form.elements.kind.value;
  if (!kind || button.disabled) return;
  const key = form.dataset.giveReview;
  button.disabled = true;
  complain(form, []);
  try {
    const before = byId("drawer").querySelector(".drawer").dataset.status;
    const made = await post(`/tasks/${key}/reviews`, { kind, content: form.elements.content.value, ...PARTS[kind](form) });
    const moved = made.task_status !== before && kind !== "praise" && kind !== "approve";
    toast("Review sent", { tone: "good", detail: moved ? `${key} went back to work.` : "" });
    if (openKey() !== key) return;
    forget(form);
    await refresh();
    byId("reviews-title")?.scrollIntoView({ block: "nearest" });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    complain(form, problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]);
  } finally {
    button.disabled = false;
  }
}

/** Each message beside its field; what has no field of its own stands above the button. */
function complain(form, errors) {
  for (const place of form.querySelectorAll("[data-error]")) place.hidden = true;
  for (const field of form.elements) field.removeAttribute("aria-invalid");
  const rest = [];
  for (const { field, message } of errors) {
    const place = field && form.querySelector(`[data-error="${CSS.escape(field)}"]`);
    if (!place) { rest.push(message); continue; }
    Object.assign(place, { textContent: message, hidden: false });
    form.elements[field]?.setAttribute?.("aria-invalid", "true");
  }
  Object.assign(byId("give-error"), { textContent: [...new Set(rest)].join(" "), hidden: !rest.length });
  form.querySelector('[aria-invalid="true"]')?.focus();
}

async function answer(button) {
  const { answerReview: id, state } = button.dataset;
  const accepts = state === "accepted";
  const field = el("textarea", { class: "input", id: "answer-response", maxlength: "10000", "aria-describedby": "answer-error" });
  const parts = [el("div", { class: "field" }, el("label", { for: "answer-response" }, accepts ? "What follows from it (optional)" : "Why it does not hold (optional)"), field,
    el("span", { class: "error", id: "answer-error", "data-error": "response", hidden: true }))];
  const sent = await formDialog({
    title: accepts ? "Accept this review" : "Reject this review", parts, action: accepts ? "Accept" : "Reject", danger: !accepts,
    send: () => post(`/reviews/${id}/respond`, { state, response: field.value }),
  });
  await refresh();
  if (!sent) byId(button.id)?.focus({ preventScroll: true });
}
