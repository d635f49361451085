// One change to all selected cards. The server takes each on its own; what it refuses is told card by card and stays selected.
import { post } from "../api.js";
import { readChoices } from "../choices.js";
import { el, icon, tell } from "../dom.js";
import { formDialog } from "../formdialog.js";
import { needed } from "../needed.js";
import { refused } from "../toast.js";
import { clear, keep, selected } from "./select.js";
import { statuses } from "./workflow.js";

const AT_ONCE = 100;
let made = 0;

/** Ask for what shall be changed, and change it on every selected card. */
export async function start(action) {
  const keys = selected();
  const choices = ["assign", "labels", "priority"].includes(action) ? await known() : {};
  if (!choices) return;
  const { title, parts, label, danger, change } = ASKED[action](keys, choices);
  const answers = [];
  const send = async () => {
    const body = change();
    for (let at = 0; at < keys.length; at += AT_ONCE) answers.push(await post("/tasks/bulk", { tasks: keys.slice(at, at + AT_ONCE), ...body, undoable: true }));
  };
  if (await formDialog({ title, parts, action: label, danger, send })) told(answers.flatMap((answer) => answer.results));
}

async function known() {
  try {
    return await readChoices();
  } catch (problem) {
    refused("The choices cannot be read", problem);
    return null;
  }
}

const cards = (count) => (count === 1 ? "1 card" : `${count} cards`);

function told(results) {
  const failed = results.filter((result) => !result.ok);
  const done = results.length - failed.length;
  for (const result of results) if (result.ok) tell("board:moved", { key: result.task });
  if (!failed.length) {
    clear();
    offerUndo(done, results);
    return;
  }
  keep(failed.map((result) => result.task));
  if (done) offerUndo(done, results);
  report(done, failed);
}

const offerUndo = (done, results) => needed(import("../undo.js")).then((undo) => undo?.offer(`${cards(done)} changed`, results));

/** Each card that stays as it was, with the server's reason. */
function report(done, failed) {
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": "bulk-report-title" },
    el("div", { class: "dialog-head" }, el("h2", { id: "bulk-report-title" }, `${cards(failed.length)} not changed`), closer()),
    el("div", { class: "dialog-body" },
      el("p", { class: "muted" }, done ? `${cards(done)} changed. These stay as they were, and stay selected:` : "Nothing was changed. The cards stay selected:"),
      el("ul", { class: "bulk-failures" }, ...failed.map((result) => el("li", {}, el("strong", {}, result.task), el("span", {}, reasons(result)))))),
    el("div", { class: "dialog-foot" }, el("button", { type: "button", class: "btn btn-primary", "data-close": true }, "Close")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

const closer = () => el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "data-close": true, "aria-label": "Close" }, icon("close"));
const reasons = ({ detail, errors }) => [...new Set([detail, ...errors.map((error) => error.message).filter((message) => !detail.includes(message))])].join(" ");

function field(name, label, input, hint = "") {
  input.id = `bulk-${name}-${made += 1}`;
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input, hint && el("span", { class: "hint" }, hint), el("span", { class: "error", "data-error": name, hidden: true }));
}

const select = (options) => el("select", { class: "input" }, ...options.map(([value, text]) => el("option", { value }, text)));
const reason = () => el("textarea", { class: "input", maxlength: "10000" });
const said = (area) => (area.value.trim() ? { reason: area.value.trim() } : {});

const ASKED = {
  move(keys) {
    const to = select(statuses().map((status) => [status.name, status.label]));
    const why = reason();
    return {
      title: `Move ${cards(keys.length)}`, label: "Move",
      parts: [field("move.to", "To", to), field("move.reason", "Reason", why, "Some steps need one, for instance to block, reopen or cancel.")],
      change: () => ({ move: { to: to.value, ...said(why) } }),
    };
  },
  cancel(keys) {
    const why = reason();
    return {
      title: `Cancel ${cards(keys.length)}?`, label: "Cancel the tasks", danger: true,
      parts: [el("p", {}, "Canceled tasks stay canceled, and agents that work on them lose their lease."), field("move.reason", "Reason", why)],
      change: () => ({ move: { to: "canceled", ...said(why) } }),
    };
  },
  assign(keys, choices) {
    const who = select([...choices.agents.map((agent) => [`agents ${agent.slug}`, `${agent.emoji} ${agent.name}`.trim()]), ...choices.people.map((one) => [`users ${one.slug}`, one.name])]);
    const mode = select([["add", "Put on the tasks"], ["remove", "Take off the tasks"], ["set", "Leave nobody else on them"]]);
    return {
      title: `Assign ${cards(keys.length)}`, label: "Assign", parts: [field("assign", "Who", who), field("assign.mode", "How", mode)],
      change: () => { const [kind, slug] = who.value.split(" "); return { assign: { [kind]: [slug], mode: mode.value } }; },
    };
  },
  labels(keys, choices) {
    const name = el("input", { class: "input", maxlength: "60", list: "bulk-labels", autocomplete: "off" });
    const known = el("datalist", { id: "bulk-labels" }, ...choices.labels.map((label) => el("option", { value: label })));
    const how = select([["add", "Put on the tasks"], ["remove", "Take off the tasks"]]);
    return {
      title: `Label ${cards(keys.length)}`, label: "Label", parts: [field("labels.add.0", "Label", name), field("labels", "How", how), known],
      change: () => ({ labels: { [how.value]: [name.value.trim()] } }),
    };
  },
  priority(keys, choices) {
    const level = select([...choices.priorities.map(([value, name]) => [String(value), name]), ["", "No priority"]]);
    return {
      title: `Priority of ${cards(keys.length)}`, label: "Set priority", parts: [field("priority", "Priority", level)],
      change: () => ({ priority: level.value ? Number(level.value) : null }),
    };
  },
};
