// Making an agent, and editing one: only what was changed is sent, and what others changed meanwhile is never overwritten unseen.
import { get, patch, post, Problem } from "./api.js";
import { showKey } from "./agentkeys.js";
import { el, icon, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { refused, toast } from "./toast.js";

const LEVELS = [["intern", "Intern: asks before anything but the harmless"], ["specialist", "Specialist: asks before what is dangerous"], ["lead", "Lead: may be given agents of its own"]];
const listed = (values) => (values ?? []).join(", ");
const list = (text) => [...new Set(text.split(",").map((word) => word.trim()).filter(Boolean))];
const told = (value) => String(value ?? "");
const project = () => document.body.dataset.project;

/** Per field: its label, its control, how it is shown and how it is sent. */
const FIELDS = {
  name: { label: "Name", control: line({ maxlength: "150", required: true }) },
  emoji: { label: "Emoji", control: line({ maxlength: "16" }) },
  level: { label: "Level", control: () => select(LEVELS) },
  role_text: { label: "Role", hint: "What it is there for. Markdown works.", control: area() },
  behaviour: { label: "Behaviour", hint: "How it is told to work; it reads this itself.", control: area() },
  skills: { label: "Skills", hint: "Separated by commas; it may claim tasks that need some of them.", control: line({}), show: listed, send: list },
  operator: { label: "Looked after by", hint: "The user name of a member, who is told of its alerts.", control: line({ maxlength: "150" }), send: (text) => text || null },
  max_concurrent_tasks: { label: "Tasks at once", control: count({ min: "1", max: "1000" }), send: Number },
  heartbeat_interval_s: { label: "Seconds between beats", control: count({ min: "5" }), send: Number },
  max_spawn: { label: "Agents of its own", control: count({ min: "0", max: "1000" }), send: Number },
  budget_per_day: { label: "US dollars a day", hint: "Empty: that of its level.", control: line({ inputmode: "decimal" }), send: (text) => text || null },
  budget_per_run: { label: "US dollars a run", control: line({ inputmode: "decimal" }), send: (text) => text || null },
};
const FLAGS = { can_create_tasks: "Creates tasks", can_mention: "Mentions others", can_review: "Reviews", can_close: "Closes tasks" };
const WIDE = new Set(["level", "role_text", "behaviour", "skills"]);

export function setUpAgentForms() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-new-agent]")) makeAgent();
    const edits = event.target.closest("[data-edit-agent]");
    if (edits) editAgent(edits.dataset.editAgent);
  });
  if (location.hash === "#new-agent" && document.querySelector("[data-new-agent]")) {
    history.replaceState(history.state, "", location.pathname + location.search);
    makeAgent();
  }
}

async function makeAgent() {
  const name = line({ maxlength: "150", required: true, placeholder: "What people call it" })();
  const slug = line({ maxlength: "60", spellcheck: "false" })();
  const level = select(LEVELS);
  const skills = line({ placeholder: "python, postgresql" })();
  level.value = "specialist";
  let own = false;
  slug.addEventListener("input", () => { own = slug.value !== ""; });
  name.addEventListener("input", () => { if (!own) slug.value = slugOf(name.value); });
  let made = null;
  const send = async () => {
    const body = { project: project(), name: name.value.trim(), slug: slug.value.trim(), level: level.value, skills: list(skills.value) };
    made = await post("/agents", body.name ? body : { ...body, name: undefined });
  };
  const parts = [wrapped("name", "Name", name), wrapped("slug", "Slug", slug, "Its name in addresses and mentions; it stays."),
    wrapped("level", "Level", level), wrapped("skills", "Skills", skills, "Separated by commas; it may claim tasks that need some of them.")];
  if (!(await formDialog({ title: "New agent", parts, action: "Make the agent", send }))) return;
  tell("agents:changed");
  await showKey(made.slug, made.name, made.key);
}

const slugOf = (name) => name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60).replace(/-+$/, "");

async function editAgent(slug) {
  const path = `/agents/${slug}?project=${project()}`;
  let agent;
  try {
    agent = await get(path);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused("The agent cannot be read", problem);
    return;
  }
  const inputs = Object.fromEntries(Object.entries(FIELDS).map(([field, about]) => [field, drawn(field, about, agent)]));
  const flags = Object.fromEntries(Object.keys(FLAGS).map((flag) => [flag, el("input", { type: "checkbox", id: `agent-${flag}`, checked: agent[flag] })]));
  const clash = el("p", { class: "note note-warn", role: "alert", hidden: true });
  const parts = [...formOf(inputs, flags), clash];
  const send = () => save(path, agent, inputs, flags, clash);
  if (await formDialog({ title: `Edit ${agent.name}`, parts, action: "Save", send })) {
    toast(`${agent.name} is changed`, { tone: "good" });
    tell("agents:changed");
  }
}

function formOf(inputs, flags) {
  const parts = Object.entries(FIELDS).map(([field, { label, hint }]) => {
    const part = wrapped(field, label, inputs[field], hint);
    if (WIDE.has(field)) part.classList.add("wide");
    return part;
  });
  const checks = Object.entries(FLAGS).map(([flag, label]) => el("label", { class: "check", for: flags[flag].id }, flags[flag], label));
  return [el("div", { class: "fields-2 agent-form" }, ...parts), el("fieldset", { class: "row row-wrap" }, el("legend", { class: "sr" }, "What it may do"), ...checks)];
}

function drawn(field, { control, show = told }, agent) {
  const input = control();
  input.value = show(agent[field]);
  return input;
}

const shownOf = (field, agent) => (FIELDS[field].show ?? told)(agent[field]);

/** Send what differs from what was read. Others' changes to other fields are no conflict; to these, they are told. */
async function save(path, agent, inputs, flags, clash) {
  const fields = Object.keys(FIELDS).filter((field) => inputs[field].value.trim() !== shownOf(field, agent));
  const changed = Object.keys(FLAGS).filter((flag) => flags[flag].checked !== agent[flag]);
  const body = {
    ...Object.fromEntries(fields.map((field) => [field, (FIELDS[field].send ?? ((text) => text))(inputs[field].value.trim())])),
    ...Object.fromEntries(changed.map((flag) => [flag, flags[flag].checked])),
  };
  if (!Object.keys(body).length) return;
  try {
    await patch(path, body, { "If-Match": `"${agent.version}"` });
  } catch (problem) {
    if (problem.code !== "version_conflict") throw problem;
    const theirs = await get(path);
    const both = fields.filter((field) => shownOf(field, theirs) !== shownOf(field, agent));
    takeOver(agent, theirs, inputs, flags, new Set([...fields, ...changed]));
    if (!both.length) { await save(path, agent, inputs, flags, clash); return; }
    const named = both.map((field) => `${FIELDS[field].label} is “${shownOf(field, theirs)}” by now`).join("; ");
    clash.replaceChildren(icon("alert"), el("span", {}, `Somebody changed it meanwhile: ${named}. Save again to put yours in its place.`));
    clash.hidden = false;
    throw problem;
  }
}

/** What is read anew becomes the ground of the next comparison; what nobody touched here shows it. */
function takeOver(agent, theirs, inputs, flags, touched) {
  for (const [field, input] of Object.entries(inputs)) if (!touched.has(field)) input.value = shownOf(field, theirs);
  for (const [flag, input] of Object.entries(flags)) if (!touched.has(flag)) input.checked = theirs[flag];
  Object.assign(agent, theirs);
}

function wrapped(field, label, input, hint = "") {
  input.id = `agent-${field}`;
  return el("div", { class: "field" }, el("label", { for: input.id }, label), input, hint && el("span", { class: "hint" }, hint),
    el("span", { class: "error", "data-error": field, role: "alert", hidden: true }));
}

function line(attributes) {
  return () => el("input", { class: "input", autocomplete: "off", ...attributes });
}

function count(attributes) {
  return line({ type: "number", step: "1", inputmode: "numeric", ...attributes });
}

function area() {
  return () => el("textarea", { class: "input", maxlength: "100000", rows: "3" });
}

function select(options) {
  return el("select", { class: "input" }, ...options.map(([value, text]) => el("option", { value }, text)));
}
