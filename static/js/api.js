// Calls to the JSON API as the signed-in person.

export class Problem extends Error {
  /** A refusal of the server: its problem document, or a stand-in when the server could not be reached. */
  constructor(document) {
    super(document.detail || document.title || "The server refused this.");
    this.status = document.status;
    this.code = document.code;
    this.errors = document.errors || [];
    this.document = document;
  }
}

export function csrfToken() {
  const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/);
  return found ? decodeURIComponent(found[1]) : "";
}

export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const remove = (path) => call("DELETE", path, {});
export const put = (path, body = {}) => call("PUT", path, body);
export const patch = (path, body = {}, headers = {}) => call("PATCH", path, body, headers);

const NOT_THIS_PERSON = new Set(["csrf_failed", "other_person"]);

async function call(method, path, body, more = {}) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const what = `${method} ${path} ${text}`;
  const key = text === undefined ? null : keyFor(what);
  let [response, document] = await send(method, path, text, key, more);
  if (document?.code === "csrf_failed" && (await sessionStands())) [response, document] = await send(method, path, text, key, more);
  if (isDecided(response.status, document?.code)) settle(what);
  if (response.status === 401 || NOT_THIS_PERSON.has(document?.code)) sessionStands();
  if (response.status === 401) document.detail = "You are signed out. What you typed is kept; sign in and send it again.";
  if (!response.ok) throw new Problem({ status: response.status, ...document });
  return document;
}

async function send(method, path, body, key, more) {
  const headers = { Accept: "application/json", ...more };
  const owner = document.body.dataset.user;
  if (owner) headers["X-Drawn-For"] = owner;
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) Object.assign(headers, { "Content-Type": "application/json", "Idempotency-Key": key });
  const response = await fetch(`/api/v1${path}`, { method, headers, body, credentials: "same-origin" }).catch(() => null);
  if (!response) throw new Problem({ status: 0, code: "unreachable", detail: "Mission Control cannot be reached. Nothing is lost here; try again, and it is done once." });
  return [response, response.status === 204 ? null : await response.json().catch(() => ({}))];
}

/** Whether the session is still this person's; else they are asked to sign in again. */
export async function sessionStands() {
  const module = await import("./session.js").catch(() => null);
  return module ? module.sessionEnded() : false;
}

// A request whose answer never came may have been done. Sent again as it was, it carries the same Idempotency-Key, also
// after the page was loaded again, and is done once.
const SHELF = "mc-unanswered";
const UNANSWERED_MS = 3_600_000;

const isDecided = (status, code) => status < 500 && status !== 401 && !NOT_THIS_PERSON.has(code) && code !== "idempotency_running";

function keyFor(what) {
  const shelf = unanswered();
  const place = digest(what);
  shelf[place] ??= { key: freshKey(), at: Date.now() };
  shelve(shelf);
  return shelf[place].key;
}

function settle(what) {
  const shelf = unanswered();
  delete shelf[digest(what)];
  shelve(shelf);
}

let inMemory = {};
function unanswered() {
  try { inMemory = JSON.parse(sessionStorage.getItem(SHELF)) ?? {}; } catch { /* storage is forbidden: while the page is open */ }
  return Object.fromEntries(Object.entries(inMemory).filter(([, { at }]) => at > Date.now() - UNANSWERED_MS));
}

function shelve(shelf) {
  inMemory = shelf;
  try { sessionStorage.setItem(SHELF, JSON.stringify(shelf)); } catch { /* full or forbidden */ }
}

/** A short name for a request; two that share one would be refused by the server, not confused. */
function digest(text) {
  let [one, two] = [text.length, 7];
  for (let at = 0; at < text.length; at += 1) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01000193);
    two = Math.imul(two, 31) + text.charCodeAt(at);
  }
  return `${one >>> 0}.${two >>> 0}`;
}
