// The inbox: walks with j and k, settles with one key, and stays true without taking the focus away.
import { get, post, Problem } from "./api.js";
import { refreshAges, span } from "./ages.js";
import { announce, byId, el, on, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { bind, mention } from "./keys.js";
import { needed } from "./needed.js";
import { refused, toast } from "./toast.js";

const SETTLE_MS = 250;
const AGAIN_MS = 5_000;
const LOOK_MS = 15_000;
const TICK_MS = 10_000;
const SOON_MS = 15 * 60_000;
const CONFLICT = 409;
const list = byId("inbox");
const items = () => [...list.querySelectorAll(".item")];
const linkOf = (item) => item?.querySelector(".item-link");
const current = () => document.activeElement?.closest?.(".item") ?? null;
const titleOf = (item) => linkOf(item)?.textContent.trim() ?? "";
let due = 0;
let asked = 0;
let place = -1;

function setUp() {
  document.addEventListener("click", clicked);
  list.addEventListener("focusin", () => { const at = items().indexOf(current()); if (at >= 0) place = at; });
  for (const name of ["live:waiting", "live:notification", "live:caught-up"]) on(name, soon);
  on("live:resync", () => location.reload());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  // Without a project there is no stream to listen to.
  setInterval(() => { if (!document.hidden && !document.body.dataset.project) soon(); }, LOOK_MS);
  setInterval(tick, TICK_MS);
  tick();
  setUpKeys();
  document.body.dataset.ready = "true";
}

function setUpKeys() {
  bind("j", () => walk(1), "Next, previous", "Inbox");
  bind("k", () => walk(-1), "Next, previous", "Inbox");
  mention("Enter", "Open", "Inbox");
  bind("a", press, "Approve, accept, acknowledge", "Inbox");
  bind("d", press, "Deny, send back", "Inbox");
  bind("e", press, "Done: resolve, read, answer", "Inbox");
  bind("u", press, "Unblock", "Inbox");
  bind("r", press, "Reassign", "Inbox");
  bind("A", press, "Approve or deny all alike", "Inbox");
  bind("D", press, "Approve or deny all alike", "Inbox");
}

/** A key does what the button with its name does, on the one item that has the focus; a key held down does it once. */
function press(event) {
  if (event.repeat) return true;
  const item = current();
  if (!item) {
    announce("Choose one first: j goes to the next.");
    return items().length > 0;
  }
  const button = item.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!button) return false;
  button.click();
  return true;
}

function walk(way) {
  const all = items();
  if (!all.length) return;
  const at = all.indexOf(current());
  // Where the item that had the focus has gone, its place is taken by the next.
  const next = at >= 0 ? at + way : way > 0 ? Math.max(0, place) : place - 1;
  focus(all[Math.max(0, Math.min(all.length - 1, next))]);
}

function focus(item) {
  linkOf(item).focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function clicked(event) {
  const button = event.target.closest("[data-act], [data-alike], [data-hand-over]");
  if (!button || button.disabled) return;
  const item = button.closest(".item");
  if (button.dataset.alike) decideAlike(button, item);
  else if (button.dataset.handOver) handOver(button.dataset.handOver, item);
  else if (button.dataset.ask) askFirst(button.dataset, item);
  else act(button, item);
}

async function act(button, item) {
  const { act: path, body, done } = button.dataset;
  button.disabled = true;
  try {
    settled(item, done, await post(path, JSON.parse(body || "{}")));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused(titleOf(item), problem);
    if (problem.status === CONFLICT) soon();
  } finally {
    button.disabled = false;
  }
}

/** A decision that needs words: refused, the dialog stays with them. */
async function askFirst({ act: path, body, done, ask, field, verb }, item) {
  const text = el("textarea", { class: "input", id: "inbox-words", maxlength: "5000", required: true });
  const part = el("div", { class: "field" }, el("label", { for: text.id }, ask), text,
    el("span", { class: "error", "data-error": field, role: "alert", hidden: true }));
  let answer = null;
  const send = async () => {
    need(text.value, field, "Say it in a few words.");
    answer = await post(path, { ...JSON.parse(body || "{}"), [field]: text.value.trim() });
  };
  const parts = [el("p", { class: "muted" }, titleOf(item)), part];
  if (await formDialog({ title: verb, parts, action: verb, danger: verb === "Deny", send })) settled(item, done, answer);
  else soon();
}

function need(value, field, message) {
  if (!value.trim()) throw new Problem({ status: 422, detail: message, errors: [{ field, message }] });
}

async function handOver(key, item) {
  try {
    const task = await get(`/tasks/${key}`);
    const module = await needed(import("./reassign.js"));
    if (await module?.reassignTask(task, task.assignees.find((who) => who.slug === task.holder)?.name ?? "")) settled(item);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    refused(`${key} cannot be read`, problem);
  }
}

async function decideAlike({ dataset }, item) {
  const approves = dataset.decision === "approve";
  const boxes = [dataset.own, ...dataset.alike.split(" ")].map(boxOf);
  const text = el("textarea", { class: "input", id: "alike-reason", maxlength: "5000" });
  const field = el("div", { class: "field" }, el("label", { for: text.id }, approves ? "Reason (optional)" : "Why are they denied?"), text,
    el("span", { class: "error", "data-error": "reason", role: "alert", hidden: true }));
  const chosen = () => boxes.filter(({ box }) => box.checked).map(({ id }) => id);
  let answer = null;
  const send = async () => {
    if (!chosen().length) throw new Problem({ status: 422, detail: "Choose at least one." });
    if (!approves) need(text.value, "reason", "Say why.");
    answer = await post("/approvals/decide", { approvals: chosen(), decision: dataset.decision, reason: text.value.trim() });
  };
  const verb = approves ? "Approve" : "Deny";
  const parts = [el("fieldset", { class: "alike" }, el("legend", { class: "sr" }, "Requests"), ...boxes.map(({ row }) => row)), field];
  if (await formDialog({ title: `${verb} together`, parts, action: verb, danger: !approves, send })) toldTogether(answer, verb, item, boxes);
  else soon();
}

function boxOf(id) {
  const box = el("input", { type: "checkbox", checked: true });
  const item = byId(`item-approval-${id}`);
  const meta = item?.querySelector(".item-meta")?.textContent.replace(/\s+/g, " ").trim() ?? "Further down the list";
  const name = titleOf(item) || "A request like it";
  return { id, box, name, row: el("label", { class: "check" }, box, el("span", {}, name, el("small", { class: "faint" }, ` ${meta}`))) };
}

function toldTogether({ done, failed, results }, verb, item, boxes) {
  const word = verb === "Approve" ? "approved" : "denied";
  if (done) toast(`${done} ${word}`, { tone: "good" });
  const kept = results.filter((result) => !result.ok);
  if (failed) {
    const rows = kept.map((result) => el("li", {}, el("strong", {}, boxes.find(({ id }) => id === result.approval)?.name ?? ""), el("span", {}, result.detail)));
    formDialog({ title: `${failed} not ${word}`, parts: [el("ul", { class: "failures" }, ...rows)], action: "Understood", send: async () => {} });
  }
  const gone = new Set(results.filter((result) => result.ok).map((result) => result.approval));
  const leaving = items().filter((each) => gone.has(each.id.replace("item-approval-", "")));
  if (leaving.length) leave(leaving.includes(item) ? item : leaving[0], leaving);
  soon();
}

/** The item leaves at once, so that nothing is settled twice, and the focus goes to the next one. */
function settled(item, done = "", answer = null) {
  const open = answer?.status === "pending";
  if (done) toast(open ? "Approved: one more person is needed" : done, { tone: "good" });
  leave(item, [item]);
  soon();
  if (item.dataset.kind === "mention") tell("live:notification");
}

function leave(item, leaving) {
  const all = items();
  const at = all.indexOf(item);
  const next = all.slice(at + 1).find((each) => !leaving.includes(each)) ?? all.slice(0, Math.max(0, at)).findLast((each) => !leaving.includes(each));
  for (const each of leaving) each.remove();
  if (next) focus(next);
  else list.focus();
}

function soon() {
  due ||= setTimeout(refresh, SETTLE_MS);
}

/** Draw the list anew; what has the focus keeps it, and where it has gone nothing else gets it by itself. */
async function refresh() {
  due = 0;
  const mine = (asked += 1);
  list.setAttribute("aria-busy", "true");
  const text = await read();
  if (mine !== asked) return;
  list.removeAttribute("aria-busy");
  trouble(text === null);
  if (text === null) { setTimeout(soon, AGAIN_MS); return; }
  const held = current();
  const had = held && titleOf(held);
  await window.htmx.swap({ sourceElement: list, target: list, text, swap: "innerMorph", transition: false });
  if (held?.isConnected) place = items().indexOf(held);
  else if (held) {
    list.focus({ preventScroll: true });
    announce(`${had}: settled by somebody else.`);
  }
  tick();
  refreshAges(list);
  say();
}

async function read() {
  const response = await fetch(list.dataset.items + location.search, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.status === 401) location.reload();
  return response?.ok ? response.text() : null;
}

function trouble(lost) {
  const note = byId("inbox-trouble");
  if (note.hidden === !lost) return;
  note.textContent = lost ? "Mission Control cannot be reached, so this list may be old. It tries again by itself." : "";
  note.hidden = !lost;
}

function say() {
  const waiting = Number(list.querySelector("[data-waiting]")?.dataset.waiting ?? 0);
  const text = waiting ? `${waiting} ${waiting === 1 ? "thing needs" : "things need"} you.` : "Nothing needs you.";
  if (byId("inbox-said").textContent !== text) byId("inbox-said").textContent = text;
}

/** Keep what is left true; what has run out leaves with the next look. */
function tick() {
  for (const time of list.querySelectorAll("time[data-until]")) {
    const left = Date.parse(time.dateTime) - Date.now();
    const text = left <= 0 ? "expired" : left < 60_000 ? "less than a minute left" : `${span(left / 1000)} left`;
    if (time.textContent !== text) time.textContent = text;
    time.toggleAttribute("data-soon", left < SOON_MS);
    if (left <= 0) soon();
  }
}

setUp();
