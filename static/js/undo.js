// Taking back one's own changes while the server holds back what follows from them: a toast whose bar runs down, z and Ctrl z.
import { post, Problem } from "./api.js";
import { announce, isTyping, tell } from "./dom.js";
import { refused, toast } from "./toast.js";

const MARGIN_MS = 400;
const PROLONG_MS = 3000;
const open = [];

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  if (!open.length || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  undoLast();
});

/** Offer to undo what these answers of the server did. `putBack` shows it at once, `failed` takes that back. */
export function offer(title, answers, { detail = "", putBack, failed } = {}) {
  const made = answers.map((answer) => answer?.undo).filter(Boolean);
  if (!made.length) { toast(title, { detail, tone: "good" }); return; }
  const one = { title, changes: made.map(({ change }) => change), putBack, failed };
  const close = toast(title, { detail, tone: "good", seconds: 0, action: { label: "Undo", run: () => take(one) }, closed: () => forget(one) });
  one.close = close;
  open.push(one);
  runDown(one, close.box, Math.min(...made.map(({ seconds }) => seconds)) * 1000 - MARGIN_MS);
}

/** Undo the latest change that can still be undone. */
export function undoLast() {
  const latest = open.at(-1);
  if (latest) take(latest);
  else announce("There is nothing to undo.");
  return true;
}

function forget(one) {
  clearInterval(one.keeping);
  one.bar?.cancel();
  if (open.includes(one)) open.splice(open.indexOf(one), 1);
}

/** The bar is the clock. It stands still under the pointer and under the focus, and so does the server's. */
function runDown(one, box, lasts) {
  const bar = document.createElement("span");
  bar.className = "toast-bar";
  box.append(bar);
  one.bar = bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: lasts, fill: "forwards" });
  one.bar.onfinish = () => one.close();
  const held = new Set();
  const hold = (why) => { held.add(why); if (held.size === 1) pause(one); };
  const free = (why) => { held.delete(why); if (!held.size) resume(one); };
  box.addEventListener("pointerenter", () => hold("pointer"));
  box.addEventListener("pointerleave", () => free("pointer"));
  box.addEventListener("focusin", () => hold("focus"));
  box.addEventListener("focusout", () => free("focus"));
}

function pause(one) {
  one.bar.pause();
  prolong(one);
  one.keeping = setInterval(() => prolong(one), PROLONG_MS);
}

function resume(one) {
  clearInterval(one.keeping);
  if (!open.includes(one)) return;
  prolong(one);
  one.bar.play();
}

/** Ask the server for as much time as the bar shows; when it gives no more the offer ends. */
async function prolong(one) {
  const answer = await post("/tasks/undo/prolong", { changes: one.changes }).catch(() => null);
  const left = answer?.until ? Date.parse(answer.until) - Date.now() - MARGIN_MS : 0;
  if (!open.includes(one)) return;
  if (!answer?.until) { one.close(); return; }
  const { duration } = one.bar.effect.getTiming();
  if (left < duration - one.bar.currentTime && left > 0) one.bar.currentTime = duration - left;
}

async function take(one) {
  forget(one);
  one.close();
  one.putBack?.();
  try {
    told(one, (await post("/tasks/undo", { changes: one.changes })).results);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    one.failed?.();
    refused("Nothing was undone", problem);
  }
}

function told(one, results) {
  const stayed = results.filter((row) => !row.ok);
  for (const { task, ok } of results) if (ok) tell("board:moved", { key: task });
  tell("changes:undone", { changes: one.changes });
  const count = results.length - stayed.length;
  if (!stayed.length) {
    const text = count === 1 ? `Undone: ${results[0].task} is as it was` : `Undone: ${count} cards are as they were`;
    toast(text, { seconds: 4 });
    announce(text);
    return;
  }
  one.failed?.();
  const title = results.length === 1 ? `${stayed[0].task} was not undone` : `${count} of ${results.length} cards undone`;
  refused(title, { message: stayed.map((row) => row.detail).join(" "), errors: [] });
}
