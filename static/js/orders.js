// Orders to agents, one by one and to all of them: what follows is said before it happens.
import { post, Problem } from "./api.js";
import { el, icon, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { refused, toast } from "./toast.js";

const ORDERS = {
  pause: {
    title: "Pause", done: "is paused",
    follows: (name) => `${name} may only beat and write messages until it is resumed. It keeps what it holds until its lease runs out.`,
  },
  drain: { title: "Drain", done: "is drained", follows: (name) => `${name} finishes what it holds and starts nothing new until it is resumed.` },
  quarantine: {
    title: "Quarantine", done: "is quarantined", danger: true,
    follows: (name) => `${name} may only read and beat. It loses what it holds at once; those tasks go back to Ready.`,
  },
  resume: { title: "Resume", done: "is active", follows: (name) => `${name} may claim and write again. Its count of errors begins anew.` },
};
const ALL = {
  pause: { title: "Pause all agents", touched: (agent) => ["active", "drained"].includes(agent.state), none: "No agent is active.", done: "paused" },
  resume: { title: "Resume all agents", touched: (agent) => agent.paused_by_all, none: "No agent was paused with all the others.", done: "resumed" },
};
const project = () => document.body.dataset.project;

/** Give one agent an order, after saying what follows. */
export async function orderOne(action, slug, name) {
  const { title, done, follows, danger } = ORDERS[action];
  const { field, value } = reason();
  const send = () => post(`/agents/${slug}/${action}?project=${project()}`, { reason: value() });
  if (await formDialog({ title: `${title} ${name}`, parts: [note(follows(name)), field], action: title, danger, send })) {
    toast(`${name} ${done}`, { tone: "good" });
    tell("agents:changed");
  }
}

/** Pause or resume every agent of the project, after saying which. */
export async function orderAll(action) {
  const { title, touched, none, done } = ALL[action];
  const agents = await agentsNow();
  if (!agents) return;
  const names = agents.filter(touched).map((agent) => agent.name);
  if (!names.length) { toast(none); return; }
  const { field, value } = reason();
  let changed = [];
  const send = async () => { ({ changed } = await post(`/agents/${action}-all`, { project: project(), reason: value() })); };
  if (await formDialog({ title, parts: [note(consequence(action, names)), field], action: title, danger: action === "pause", send })) {
    toast(`${changed.length} ${changed.length === 1 ? "agent" : "agents"} ${done}`, { tone: "good" });
    tell("agents:changed");
  }
}

function consequence(action, names) {
  const some = names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");
  if (action === "resume") return `${some}: each gets back the state it had before all were paused. Who was paused alone stays paused.`;
  return `${some}: they may only beat and write messages until they are resumed, and keep what they hold until their leases run out.`;
}

async function agentsNow() {
  const response = await fetch(`/p/${project()}/palette`).catch(() => null);
  if (response?.ok) return (await response.json()).agents;
  refused("The agents cannot be read", new Problem({ status: response?.status ?? 0, detail: "Mission Control cannot be reached. Try again." }));
  return null;
}

function reason() {
  const input = el("input", { class: "input", id: "order-reason", maxlength: "500", autocomplete: "off", placeholder: "Shown to the agent and in the history" });
  const field = el("div", { class: "field" }, el("label", { for: input.id }, "Reason (optional)"), input, el("span", { class: "error", "data-error": "reason", role: "alert", hidden: true }));
  return { field, value: () => input.value.trim() };
}

const note = (text) => el("p", { class: "note note-warn" }, icon("info"), el("span", {}, text));
