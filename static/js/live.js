// The project's live stream: keeps its number, notices gaps, comes back by number, and tells the page with DOM events.
//
//   live:event         every event of the stream            live:card     a card changed; detail.card has its HTML (also a parent's, whose count changed)
//   live:agent         an agent changed                     live:approval an approval was asked for or decided
//   live:mode          the project's mode changed           live:notification  the bell has something new
//   live:columns       what the columns' heads say, as of detail.columns_at
//   live:waiting       what waits for people may have changed
//   live:view          a saved view was kept, changed or deleted
//   live:presence      who is at this board                 live:open     the socket is open (again)
//   live:caught-up     everything missed has arrived        live:resync   the stream cannot be resumed: load again
import { sessionStands } from "./api.js";
import { byId, on, tell } from "./dom.js";

const SILENCE_MS = 45_000;
const STALE_MS = 15_000;
const LONGEST_WAIT_MS = 20_000;
const AGAIN_MS = 1_000;
const SIGNED_OUT = 4401;

let socket = null;
let seq = 0;
let epoch = "";
let attempts = 0;
let lostAt = 0;
let lastFrame = 0;
let behind = false;
let retry = 0;

/** The number of the last event this page has seen. */
export const lastSeen = () => seq;

/** Send the server a frame; one that finds no open socket is dropped. */
export function say(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

export function startLive() {
  const { project, seq: from, epoch: known } = document.body.dataset;
  if (!project) return;
  seq = Number(from || 0);
  epoch = known || "";
  connect();
  setInterval(watch, 5_000);
  addEventListener("online", reconnectNow);
  on("session:back", reconnectNow);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) reconnectNow(); });
}

function connect() {
  clearTimeout(retry);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const made = new WebSocket(`${scheme}://${location.host}/ws/projects/${document.body.dataset.project}/board?after=${seq}`);
  socket = made;
  lastFrame = Date.now();
  made.onmessage = (message) => { if (made === socket) received(JSON.parse(message.data)); };
  made.onclose = (event) => { if (made === socket) lost(event.code); };
}

function reconnectNow() {
  if (socket && socket.readyState > WebSocket.OPEN) connect();
}

function drop() {
  const old = socket;
  socket = null;
  old?.close();
  lost(0);
}

function lost(code) {
  socket = socket?.readyState === WebSocket.OPEN ? socket : null;
  lostAt ||= Date.now();
  show();
  if (code === SIGNED_OUT) { turnedAway(); return; }
  const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** attempts) * (0.5 + Math.random() / 2);
  attempts += 1;
  clearTimeout(retry);
  retry = setTimeout(connect, wait);
}

/** Signed out, signed in anew, or in another role by now. A page into which nothing was typed shows so at once; else the text comes first. */
async function turnedAway() {
  if ("leaving" in document.body.dataset) return; // by the person's own wish; the sign-in page is on its way
  const typing = [...document.querySelectorAll("[data-draft]")].some((field) => field.value && field.value !== field.defaultValue);
  if (!typing) location.reload();
  else if (await sessionStands()) retry = setTimeout(connect, AGAIN_MS);
}

function received(frame) {
  lastFrame = Date.now();
  if (frame.type === "hello") hello(frame);
  else if (frame.type === "event") take([frame], frame.seq, frame.seq);
  else if (frame.type === "events") take(frame.events, frame.first_seq ?? frame.events[0]?.seq, frame.seq ?? frame.events.at(-1)?.seq);
  else if (frame.type === "ping") ping(frame.head);
  else if (frame.type === "resync") resync();
  else tell(`live:${frame.type}`, frame);
  if (frame.columns) tell("live:columns", frame);
}

function hello(frame) {
  if (epoch && frame.epoch && frame.epoch !== epoch) { resync(frame); return; }
  epoch = frame.epoch || epoch;
  attempts = 0;
  const wasLost = lostAt > 0;
  lostAt = 0;
  show();
  tell("live:open", frame);
  if (frame.head <= seq && wasLost) tell("live:caught-up", { seq });
  behind = frame.head > seq && wasLost;
}

function take(events, first, last) {
  if (!events.length || last <= seq) return;
  if (first > seq + 1) { drop(); return; }
  for (const event of events) if (event.seq > seq) dispatch(event);
  seq = last;
  document.body.dataset.seq = String(seq);
  socket?.send(JSON.stringify({ type: "ack", seq }));
  if (behind) { behind = false; tell("live:caught-up", { seq }); }
}

function dispatch(event) {
  tell("live:event", event);
  if (event.card) tell("live:card", event);
  for (const card of event.parents ?? []) tell("live:card", { ...event, card });
  const family = event.kind.split(".")[0];
  if (["agent", "approval", "view"].includes(family)) tell(`live:${family}`, event);
  if (waits(event)) tell("live:waiting", event);
  if (event.kind === "project.mode_changed" || event.kind === "system.mode_changed") tell("live:mode", event);
}

const SETTLED_BY_PEOPLE = /^(alert|approval|review|response)\./;
const WAITING_IN = ["blocked", "review", "needs_approval"];

/** Whether what waits for people may be another than before. */
function waits({ kind, data }) {
  return SETTLED_BY_PEOPLE.test(kind) || [data?.before?.status, data?.after?.status].some((status) => WAITING_IN.includes(status));
}

function ping(head) {
  if (head > seq && behindTwice(head)) drop();
  else if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "ack", seq }));
}

let pinged = 0;
function behindTwice(head) {
  const again = pinged > 0 && pinged > seq;
  pinged = head;
  return again;
}

function resync(frame) {
  epoch = frame?.epoch || "";
  tell("live:resync", frame || {});
}

/** After the page was drawn anew from the server: where its stream stands now. */
export function resumeFrom(newSeq, newEpoch) {
  seq = Number(newSeq);
  epoch = newEpoch;
  drop();
}

function watch() {
  if (socket && socket.readyState === WebSocket.OPEN && Date.now() - lastFrame > SILENCE_MS) drop();
  if (lostAt) show();
}

function show() {
  const mark = byId("live");
  if (!mark) return;
  const stale = lostAt && Date.now() - lostAt > STALE_MS;
  const since = () => new Date(lostAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const [state, text] = !lostAt ? ["live", "Live"] : stale ? ["stale", `Stale since ${since()}`] : ["reconnecting", "Reconnecting"];
  mark.dataset.live = state;
  mark.title = state === "stale" ? "Changes of others do not arrive at the moment. It keeps trying." : "";
  const label = mark.querySelector(".live-text");
  if (label.textContent !== text) label.textContent = text;
}
