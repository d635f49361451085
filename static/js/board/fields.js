// The fields of a task that can be edited in place: how each is entered, read from a task, and sent.
import { el } from "../dom.js";

const listed = (values) => (values ?? []).join(", ");
const list = (text) => text.split(",").map((word) => word.trim()).filter(Boolean);
const named = (who) => (who ? `${who.kind}:${who.slug}` : "");
const options = (pairs) => pairs.map(([value, text]) => el("option", { value }, text));

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A moment as a field for date and time holds it, in the time zone of who looks: "2026-11-21T14:00". */
function local(moment) {
  if (!moment) return "";
  const at = new Date(moment);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const line = (attributes) => () => el("input", { class: "input", autocomplete: "off", ...attributes });
const area = (attributes) => () => el("textarea", { class: "input", maxlength: "100000", ...attributes });
const choice = (pairs) => (choices) => el("select", { class: "input" }, ...options(pairs(choices)));

/** A select of agents and people, without those whose `kind:slug` is in `but`. */
export function somebody(choices, first, but = new Set()) {
  const group = (label, kind, rows) => {
    const open = rows.filter((row) => !but.has(`${kind}:${row.slug}`));
    return open.length > 0 && el("optgroup", { label }, ...options(open.map((row) => [`${kind}:${row.slug}`, `${row.emoji ?? ""} ${row.name}`.trim()])));
  };
  return el("select", { class: "input" }, el("option", { value: "" }, first),
    group("Agents", "agent", choices.agents), group("People", "user", choices.people));
}

/** "agent:otter" as the API names somebody: {agent: "otter"}. */
export function nameOf(text) {
  const [kind, ...slug] = text.split(":");
  return { [kind]: slug.join(":") };
}

/** Per field: its label, its control, what the control holds for a task, and what is sent for what it holds. */
export const FIELDS = {
  title: { label: "Title", control: line({ maxlength: "300", required: true }), held: (task) => task.title, sent: (text) => text },
  description: {
    label: "Description", hint: "Markdown works.", control: area({ rows: "8" }),
    held: (task) => task.description, sent: (text) => text,
  },
  priority: {
    label: "Priority", control: choice(({ priorities }) => [["", "Not set"], ...priorities]),
    held: (task) => String(task.priority ?? ""), sent: (text) => (text ? Number(text) : null),
  },
  type: { label: "Type", control: choice(({ types }) => types), held: (task) => task.type, sent: (text) => text },
  labels: {
    label: "Labels", hint: "Separated by commas.", control: line({}),
    held: (task) => listed(task.labels), sent: list,
  },
  required_skills: {
    label: "Skills", hint: "Separated by commas; only agents that have all of them may claim it.", control: line({}),
    held: (task) => listed(task.required_skills), sent: list,
  },
  due_at: {
    label: "Due", hint: `Your time (${zone()}); empty for none.`, control: line({ type: "datetime-local" }),
    held: (task) => local(task.due_at), sent: (text) => (text ? `${new Date(text).toISOString().slice(0, 19)}Z` : null),
  },
  estimate_minutes: {
    label: "Estimate", hint: "Minutes; empty for none.", control: line({ type: "number", min: "0", step: "1", inputmode: "numeric" }),
    held: (task) => String(task.estimate_minutes ?? ""), sent: (text) => (text === "" ? null : Number(text)),
  },
  reviewer: {
    label: "Reviewer", control: (choices) => somebody(choices, "None"),
    held: (task) => named(task.reviewer), sent: (text) => (text ? nameOf(text) : null),
  },
};
