// The pages about agents: orders, keys, making and editing one; giving an agent's task to somebody else, and canceling it. What follows is said before it happens.
import { setUpAgentForms } from "./agentform.js";
import { setUpKeysOfAgents } from "./agentkeys.js";
import { get, post, Problem } from "./api.js";
import { setUpCopying } from "./copy.js";
import { el, icon, on, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { bind } from "./keys.js";
import { needed } from "./needed.js";
import { errorOf, leaseEnds, note, reassignTask } from "./reassign.js";
import { refused, toast } from "./toast.js";

setUpAgentForms();
setUpKeysOfAgents();
setUpCopying();
bind("z", () => { undoing().then((undo) => undo?.undoLast()); }, "Undo the last change", "Agents");
on("changes:undone", () => tell("agents:changed"));

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

const undoing = () => needed(import("./undo.js"));
const offerUndo = (title, answers) => undoing().then((undo) => undo?.offer(title, answers));

async function cancelTaskOf(task, name) {
  const reason = el("textarea", { class: "input", id: "cancel-reason", maxlength: "2000", placeholder: "Why is it no longer wanted?" });
  const field = el("div", { class: "field" }, el("label", { for: reason.id }, "Reason"), reason, errorOf("reason"));
  const follows = note(`${task.key} goes to Canceled for good; ${leaseEnds(name)}.`);
  const answers = [];
  const send = async () => { answers.push(await post(`/tasks/${task.key}/transition`, { to: "canceled", reason: reason.value.trim(), undoable: true })); };
  const parts = [el("p", { class: "muted" }, task.title), field, follows];
  if (await formDialog({ title: `Cancel ${task.key}`, parts, action: "Cancel the task", danger: true, send })) {
    offerUndo(`${task.key} is canceled`, answers);
  }
}
