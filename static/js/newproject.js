// A new project: its address and its keys are proposed while the name is typed, and told at once when they are taken.
import { byId } from "./dom.js";

const SETTLE_MS = 200;
const form = byId("new-project");
const name = byId("np-name");
const proposed = { slug: byId("np-slug"), key_prefix: byId("np-prefix") };
const own = { slug: Boolean(proposed.slug.value), key_prefix: Boolean(proposed.key_prefix.value) };
let due = 0;
let asked = 0;

function later() {
  clearTimeout(due);
  due = setTimeout(look, SETTLE_MS);
}

async function look() {
  const mine = (asked += 1);
  const told = new URLSearchParams({ name: name.value });
  for (const [field, input] of Object.entries(proposed)) if (own[field]) told.set(field, input.value.trim());
  const response = await fetch(`/projects/new/propose?${told}`).catch(() => null);
  const answer = response?.ok ? await response.json().catch(() => null) : null;
  // Without an answer the server still checks what is sent.
  if (!answer || mine !== asked) return;
  for (const [field, input] of Object.entries(proposed)) {
    if (!own[field]) input.value = name.value.trim() ? answer[field] : "";
    complain(field, input, answer.errors[field]);
  }
}

function complain(field, input, message) {
  const place = form.querySelector(`[data-error="${field}"]`);
  if (place.textContent !== message) place.textContent = message;
  place.hidden = !message;
  if (message) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

name.addEventListener("input", later);
for (const [field, input] of Object.entries(proposed)) {
  input.addEventListener("input", () => { own[field] = Boolean(input.value.trim()); later(); });
}
// Twice is one project: the buttons rest until the answer is here. They must still be sent, so not at once.
form.addEventListener("submit", (event) => {
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "true";
  setTimeout(() => { for (const button of form.querySelectorAll(".form-foot .btn")) button.disabled = true; });
});
addEventListener("pageshow", () => {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll(".form-foot .btn")) button.disabled = false;
});
if (name.value && (!own.slug || !own.key_prefix)) look();
document.body.dataset.ready = "true";
