// Saved views: a filter under a name, one's own or shared with the project.
import { patch, post, remove } from "../api.js";
import { byId, el, tell } from "../dom.js";
import { formDialog } from "../formdialog.js";
import { toast } from "../toast.js";
import { apply } from "./filters.js";

const MAY_SHARE = ["owner", "operator"];

/** What a button in the panel of saved views stands for. */
export function act(button) {
  const row = button.closest("[data-view]");
  if (button.matches("[data-view-save]")) save();
  else if (button.matches("[data-view-edit]")) edit(row.dataset);
  else if (button.matches("[data-view-delete]")) discard(row.dataset);
  else open(row.dataset);
}

const path = () => `/projects/${document.body.dataset.project}/views`;
function current() {
  const address = new URLSearchParams(byId("terms").dataset.query);
  return { query: address.get("q") ?? "", lane: address.get("lane") ?? "" };
}

function open({ name, query, lane }) {
  apply(new URLSearchParams([["q", query], ["lane", lane]].filter(([, value]) => value)), true).then(() => toast(`View “${name}”`, { seconds: 3 }));
}

function save() {
  const { query, lane } = current();
  if (!query && !lane) {
    toast("There is nothing to save yet", { detail: "Narrow the board or cut it into lanes first; a view keeps both." });
    return;
  }
  const parts = fields({ name: "", query, shared: undefined });
  const send = async () => { await post(path(), { ...parts.value(), lane }); };
  finish(formDialog({ title: "Save this view", parts: parts.boxes, action: "Save view", send }), "View saved");
}

function edit({ view, name, query, shared }) {
  const parts = fields({ name, query, shared: shared !== undefined });
  const send = async () => { await patch(`${path()}/${view}`, parts.value()); };
  finish(formDialog({ title: `Edit view “${name}”`, parts: parts.boxes, action: "Save view", send }), "View changed");
}

function discard({ view, name, shared }) {
  const told = shared === undefined ? "Only you have it." : "Everybody in the project loses it.";
  const parts = [el("p", {}, told), el("p", { class: "muted" }, "The tasks themselves stay as they are.")];
  const send = async () => { await remove(`${path()}/${view}`); };
  finish(formDialog({ title: `Delete view “${name}”?`, parts, action: "Delete view", danger: true, send }), "View deleted");
}

async function finish(dialog, done) {
  if (!await dialog) return;
  toast(done, { tone: "good" });
  tell("views:changed", {});
}

function fields({ name, query, shared }) {
  const title = el("input", { class: "input", id: "view-name", maxlength: "60", required: true, value: name, autocomplete: "off" });
  const text = el("input", { class: "input", id: "view-query", maxlength: "500", value: query, autocomplete: "off", spellcheck: "false" });
  const tick = el("input", { type: "checkbox", id: "view-shared" });
  tick.checked = shared === true;
  const maySay = MAY_SHARE.includes(document.body.dataset.role);
  return {
    boxes: [field("name", "Name", title), field("query", "Filter", text),
      maySay && el("label", { class: "check" }, tick, el("span", {}, "Share it with everybody in the project"))].filter(Boolean),
    value: () => ({ name: title.value.trim(), query: text.value.trim(), ...(maySay ? { shared: tick.checked } : {}) }),
  };
}

function field(name, label, input) {
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input, el("span", { class: "error", "data-error": name, hidden: true }));
}
