// The pages about agents: orders, keys, making and editing one; giving an agent's task to somebody else, and canceling it. What follows is said before it happens.
import { setUpAgentForms } from "./agentform.js";
import { setUpKeysOfAgents } from "./agentkeys.js";
import { get, post, Problem } from "./api.js";
import { readChoices } from "./choices.js";
import { setUpCopying } from "./copy.js";
import { el, icon, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { refused, toast } from "./toast.js";

setUpAgentForms();
setUpKeysOfAgents();
setUpCopying();

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reassign], [data-cancel-task]");
  if (!button) return;
  const { reassign, cancelTask, heldBy, name } = button.dataset;
  begin(reassign ?? cancelTask, heldBy, name, reassign ? reassignTask : cancelTaskOf);
});
document.body.dataset.ready = "true";

/** Read the task as it is now; if the agent no longer holds it, say so instead. */
async function begin(key, slug, name, act) {
  try {
    const task = await get(`/tasks/${key}`);
    if (task.holder === slug) await act(task, name);
    else toast(`${key} is no longer with ${name}`, { detail: "The page shows who has it now." });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused(`${key} cannot be read`, problem);
  }
  tell("agents:changed");
}

async function reassignTask(task, name) {
  const { agents } = await readChoices();
  const others = agents.filter((agent) => agent.slug !== task.holder);
  const select = el("select", { class: "input", id: "reassign-to" }, el("option", { value: "" }, "Back to the pool"),
    ...others.map((agent) => el("option", { value: agent.slug }, `${agent.emoji} ${agent.name}${agent.state === "active" ? "" : ` (${agent.state})`}`.trim())));
  const follows = el("span", {});
  const chosen = () => others.find((agent) => agent.slug === select.value);
  const tellWhat = () => { follows.textContent = chosen() ? toAgent(task, name, chosen()) : toPool(task, name); };
  select.addEventListener("change", tellWhat);
  tellWhat();
  const field = el("div", { class: "field" }, el("label", { for: select.id }, "Give it to"), select, errorOf("agents"));
  const parts = [el("p", { class: "muted" }, task.title), field, note(follows)];
  const send = () => (chosen() ? handOver(task, name, chosen()) : giveBack(task));
  if (await formDialog({ title: `Reassign ${task.key}`, parts, action: "Reassign", send })) {
    toast(chosen() ? `${task.key} is with ${chosen().name}` : `${task.key} is back in the pool`, { tone: "good" });
  }
}

const errorOf = (field) => el("span", { class: "error", "data-error": field, role: "alert", hidden: true });
const note = (text) => el("p", { class: "note note-warn", role: "status" }, icon("info"), text);
const leaseEnds = (name) => `${name}'s lease ends`;

function toAgent({ key }, name, agent) {
  const waits = agent.state === "active" ? "" : ` ${agent.name} is ${agent.state} and will not start before it is resumed.`;
  return `${key} goes to Assigned for ${agent.name}; ${leaseEnds(name)}.${waits}`;
}

function toPool(task, name) {
  const others = task.assignees.filter((who) => who.slug !== task.holder).map((who) => who.name);
  const off = others.length ? ` ${others.join(", ")} ${others.length > 1 ? "are" : "is"} taken off it too.` : "";
  return `${task.key} goes back to Ready; ${leaseEnds(name)}.${off} Any agent may claim it, ${name} too.`;
}

const slugs = (task, kind) => task.assignees.filter((who) => who.kind === kind).map((who) => who.slug);

/** The task in the other agent's hands, as one it has yet to begin: its next claim gets it. */
async function handOver(task, name, agent) {
  const agents = [...new Set([...slugs(task, "agent").filter((slug) => slug !== task.holder), agent.slug])];
  const now = await post(`/tasks/${task.key}/assign`, { agents, users: slugs(task, "user"), mode: "set" });
  if (now.status !== "in_progress" || now.holder) return;
  await post(`/tasks/${task.key}/transition`, { to: "assigned", reason: `Reassigned from ${name} to ${agent.name}.` });
}

async function giveBack(task) {
  const now = await post(`/tasks/${task.key}/assign`, { agents: [], users: [], mode: "set" });
  if (now.status !== "ready") await post(`/tasks/${task.key}/transition`, { to: "ready", reason: "Given back to the pool." });
}

async function cancelTaskOf(task, name) {
  const reason = el("textarea", { class: "input", id: "cancel-reason", maxlength: "2000", placeholder: "Why is it no longer wanted?" });
  const field = el("div", { class: "field" }, el("label", { for: reason.id }, "Reason"), reason, errorOf("reason"));
  const follows = note(`${task.key} goes to Canceled for good; ${leaseEnds(name)}.`);
  const send = () => post(`/tasks/${task.key}/transition`, { to: "canceled", reason: reason.value.trim() });
  const parts = [el("p", { class: "muted" }, task.title), field, follows];
  if (await formDialog({ title: `Cancel ${task.key}`, parts, action: "Cancel the task", danger: true, send })) {
    toast(`${task.key} is canceled`, { tone: "good" });
  }
}
