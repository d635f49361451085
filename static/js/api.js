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
export const patch = (path, body = {}, headers = {}) => call("PATCH", path, body, headers);

async function call(method, path, body, more = {}) {
  const headers = { Accept: "application/json", ...more };
  const request = { method, headers, credentials: "same-origin" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
    headers["Idempotency-Key"] = freshKey();
    request.body = JSON.stringify(body);
  }
  const response = await send(`/api/v1${path}`, request);
  if (response.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  const document = response.status === 204 ? null : await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem({ status: response.status, ...document });
  return document;
}

async function send(path, request) {
  try {
    return await fetch(path, request);
  } catch {
    throw new Problem({ status: 0, code: "unreachable", detail: "Mission Control cannot be reached. Nothing was changed; try again." });
  }
}
