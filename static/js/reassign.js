// Giving a task to another agent or back to the pool: what follows is said before it happens.
import { post } from "./api.js";
import { readChoices } from "./choices.js";
import { el, icon } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { needed } from "./needed.js";

export const errorOf = (field) => el("span", { class: "error", "data-error": field, role: "alert", hidden: true });
export const note = (text) => el("p", { class: "note note-warn", role: "status" }, icon("info"), text);
export const leaseEnds = (name) => `${name}'s lease ends`;

/** Ask whom `task` shall go to and send it; `name` is that of its holder, "" where nobody holds it. Answers whether it was sent. */
export async function reassignTask(task, name = "") {
  const { agents } = await readChoices(task.project);
  const others = agents.filter((agent) => agent.slug !== task.holder);
  const select = el("select", { class: "input", id: "reassign-to" }, el("option", { value: "" }, "Back to the pool"),
    ...others.map((agent) => el("option", { value: agent.slug }, `${agent.emoji} ${agent.name}${agent.state === "active" ? "" : ` (${agent.state})`}`.trim())));
  const follows = el("span", {});
  const chosen = () => others.find((agent) => agent.slug === select.value);
  const tellWhat = () => { follows.textContent = chosen() ? toAgent(task, name, chosen()) : toPool(task, name); };
  select.addEventListener("change", tellWhat);
  tellWhat();
  const field = el("div", { class: "field" }, el("label", { for: select.id }, "Give it to"), select, errorOf("agent"));
  const parts = [el("p", { class: "muted" }, task.title), field, note(follows)];
  let answer;
  const send = async () => { answer = await post(`/tasks/${task.key}/reassign`, { undoable: true, agent: chosen()?.slug ?? null, reason: reasonOf(name, chosen()), ...(task.holder ? { held_by: task.holder } : {}) }); };
  if (!(await formDialog({ title: `Reassign ${task.key}`, parts, action: "Reassign", send }))) return false;
  (await needed(import("./undo.js")))?.offer(chosen() ? `${task.key} is with ${chosen().name}` : `${task.key} is back in the pool`, [answer]);
  return true;
}

function reasonOf(name, agent) {
  if (!agent) return "Given back to the pool.";
  return name ? `Reassigned from ${name} to ${agent.name}.` : `Given to ${agent.name}.`;
}

const ending = (name) => (name ? `; ${leaseEnds(name)}` : "");

function toAgent({ key }, name, agent) {
  const waits = agent.state === "active" ? "" : ` ${agent.name} is ${agent.state} and will not start before it is resumed.`;
  return `${key} goes to Assigned for ${agent.name}${ending(name)}.${waits}`;
}

function toPool(task, name) {
  const others = task.assignees.filter((who) => who.slug !== task.holder).map((who) => who.name);
  const off = others.length ? ` ${others.join(", ")} ${others.length > 1 ? "are" : "is"} taken off it${name ? " too" : ""}.` : "";
  return `${task.key} goes back to Ready${ending(name)}.${off} Any agent may claim it${name ? `, ${name} too` : ""}.`;
}
