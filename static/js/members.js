// Who belongs to the project: added, given another role, removed; what follows is told first.
import { post, put, remove } from "./api.js";
import { el, icon, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { toast } from "./toast.js";

const path = () => `/projects/${document.body.dataset.project}/members`;

document.addEventListener("click", (event) => {
  const one = (name) => event.target.closest(`[data-${name}]`)?.dataset;
  const [changes, removes] = [one("set-role"), one("remove-member")];
  if (event.target.closest("[data-add-member]")) add();
  if (changes) change(changes);
  if (removes) take(removes);
});

async function add() {
  const who = el("input", { class: "input", id: "member-who", maxlength: "254", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const { field, chosen } = roleField("operator");
  const hint = el("span", { class: "hint", id: "member-hint" }, "Somebody with an account here. Who has none gets one with manage.py createoperator.");
  who.setAttribute("aria-describedby", "member-hint");
  const parts = [el("div", { class: "field" }, el("label", { for: who.id }, "User name or e-mail address"), who, hint, complaint("who")), field];
  let row = null;
  const send = async () => { row = await post(path(), { who: who.value.trim(), role: chosen() }); };
  if (await formDialog({ title: "Add somebody", parts, action: "Add", send })) done(`${row.name} belongs to the project`);
}

async function change({ setRole: user, name, roleNow, self }) {
  const { field, chosen } = roleField(roleNow);
  const parts = [...warning(self, "You take rights from yourself: without the role of owner you cannot take this back."), field];
  const send = () => put(`${path()}/${encodeURIComponent(user)}`, { role: chosen() });
  if (await formDialog({ title: `The role of ${name}`, parts, action: "Change the role", send })) done(`${name} is ${chosen()} now`, self);
}

async function take({ removeMember: user, name, self }) {
  const follows = `${self === undefined ? name : "You"} cannot see the project any more, at once. Tasks stay assigned as they are, and the history keeps every word.`;
  const send = () => remove(`${path()}/${encodeURIComponent(user)}`);
  const parts = warning("", follows);
  if (await formDialog({ title: `Remove ${name}`, parts, action: "Remove", danger: true, send })) done(`${name} is removed`, self);
}

/** A change of one's own rights changes the page itself. */
function done(text, self) {
  if (self !== undefined) { location.reload(); return; }
  toast(text, { tone: "good" });
  tell("settings:changed");
}

function roleField(now) {
  const ways = [...document.querySelectorAll("[data-role-value]")].map((term) => {
    const value = term.dataset.roleValue;
    return el("label", { class: "way-choice" }, el("input", { type: "radio", name: "role", value, checked: value === now }),
      el("span", {}, el("span", { class: "check-name" }, term.textContent), el("span", { class: "hint" }, term.nextElementSibling.textContent)));
  });
  const field = el("fieldset", { class: "ways" }, el("legend", { class: "label" }, "Role"), ...ways, complaint("role"));
  return { field, chosen: () => field.querySelector(":checked").value };
}

const warning = (wanted, text) => (wanted === undefined ? [] : [el("p", { class: "note note-warn" }, icon("alert"), el("span", {}, text))]);
const complaint = (field) => el("span", { class: "error", "data-error": field, role: "alert", hidden: true });
