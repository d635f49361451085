// Service tokens: a new one is shown once; one is revoked after its consequence is told.
import { post, remove } from "./api.js";
import { setUpCopying } from "./copy.js";
import { el, icon, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { showOnce } from "./showonce.js";
import { toast } from "./toast.js";

const DAY_S = 86_400;
const LIVES = [[30 * DAY_S, "In 30 days"], [90 * DAY_S, "In 90 days"], [365 * DAY_S, "In a year"], ["", "Never"]];
const path = (rest = "") => `/projects/${document.body.dataset.project}/tokens${rest}`;

setUpCopying();

document.addEventListener("click", (event) => {
  const revokes = event.target.closest("[data-revoke-token]");
  if (event.target.closest("[data-new-token]")) make();
  if (revokes) revoke(revokes.dataset);
});

async function make() {
  const name = el("input", { class: "input", id: "token-name", maxlength: "150", autocomplete: "off", placeholder: "What uses it, like nightly build" });
  const life = el("select", { class: "input", id: "token-life" }, ...LIVES.map(([value, text]) => el("option", { value, selected: value === 90 * DAY_S }, text)));
  const scopes = scopeField();
  let made = null;
  const send = async () => {
    const body = { name: name.value.trim(), scopes: [...scopes.querySelectorAll(":checked")].map((box) => box.value) };
    made = await post(path(), life.value ? { ...body, expires_in_s: Number(life.value) } : body);
  };
  const parts = [wrapped("name", "Name", name), scopes, wrapped("expires_in_s", "It ends", life)];
  if (!(await formDialog({ title: "New token", parts, action: "Make the token", send }))) return;
  tell("settings:changed");
  await showOnce({ title: `The token of ${name.value.trim()}`, label: "Token", secret: made.token, warning: "This is the only time the token is shown. Whoever has it may do what its scopes say." });
}

function scopeField() {
  const boxes = [...document.querySelectorAll("#scopes [data-scope]")].map((term) => {
    const value = term.dataset.scope;
    const reads = value === "read";
    return el("label", { class: "way-choice" }, el("input", { type: "checkbox", value, checked: reads, "aria-disabled": reads, onclick: (event) => { if (reads) event.preventDefault(); } }),
      el("span", {}, el("span", { class: "check-name" }, term.textContent), el("span", { class: "hint" }, `${term.nextElementSibling.textContent}${reads ? " Every token may." : ""}`)));
  });
  return el("fieldset", { class: "ways" }, el("legend", { class: "label" }, "Scopes"), ...boxes, complaint("scopes"));
}

async function revoke({ revokeToken: id, name, prefix }) {
  const text = `Whatever uses ${prefix}… is refused from the next call on. There is no way back.`;
  const parts = [el("p", { class: "note note-warn" }, icon("key"), el("span", {}, text))];
  if (!(await formDialog({ title: `Revoke ${name}`, parts, action: "Revoke", danger: true, send: () => remove(path(`/${id}`)) }))) return;
  toast(`${name} is revoked`, { tone: "good" });
  tell("settings:changed");
}

const complaint = (field) => el("span", { class: "error", "data-error": field, role: "alert", hidden: true });
const wrapped = (field, label, input) => el("div", { class: "field" }, el("label", { for: input.id }, label), input, complaint(field));
