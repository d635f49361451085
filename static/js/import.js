// Sends a file in pieces, so that any size fits and a lost connection costs one piece.
import { csrfToken } from "./api.js";
import { byId } from "./dom.js";

const TRIES = 8;
const upload = byId("upload");

class Refusal extends Error {}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const shown = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

function say(text, percent) {
  const box = byId("upload-progress");
  box.hidden = false;
  if (percent !== undefined) box.querySelector("progress").value = percent;
  const line = box.querySelector("p");
  if (line.textContent !== text) line.textContent = text;
}

function complain(text) {
  const place = upload.querySelector("[data-error=file]");
  place.textContent = text;
  place.hidden = !text;
  const field = byId("upload-file");
  if (text) { field.setAttribute("aria-invalid", "true"); byId("upload-progress").hidden = true; } else field.removeAttribute("aria-invalid");
}

async function send(path, body, headers = {}) {
  const response = await fetch(path, { method: "POST", body, credentials: "same-origin", headers: { Accept: "application/json", "X-CSRFToken": csrfToken(), ...headers } });
  if (response.status === 401 || response.redirected) { location.reload(); throw new Refusal("You were signed out. Sign in and choose the file again."); }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (response.status >= 500 || response.status === 429) throw new Error(answer.detail || "The server is busy.");
  throw new Refusal(answer.errors?.[0]?.message || answer.detail || "The server refused this file.");
}

/** Once more and again after a pause, for as long as nobody is there to answer. */
async function persistently(path, body, headers) {
  for (let tried = 1; ; tried += 1) {
    try {
      return await send(path, body, headers);
    } catch (problem) {
      if (problem instanceof Refusal || tried === TRIES) throw problem;
      say("Mission Control cannot be reached. Trying again…");
      await pause(Math.min(8000, 500 * 2 ** tried));
    }
  }
}

async function announced(file) {
  if (upload.dataset.resume) {
    if (file.name !== upload.dataset.name || file.size !== Number(upload.dataset.size)) throw new Refusal(`This is another file. Choose ${upload.dataset.name} again, or discard this import.`);
    return { at: upload.dataset.resume, piece_bytes: 512 * 1024 };
  }
  const told = new URLSearchParams({ filename: file.name, size: String(file.size), format: byId("upload-format").value });
  return send(upload.action, told);
}

async function sendAll(file) {
  const { at, piece_bytes: size } = await announced(file);
  // From here on the import is there: coming back to it goes on where it stopped.
  Object.assign(upload.dataset, { resume: new URL(at, location.href).pathname, name: file.name, size: String(file.size) });
  for (let number = 0; number * size < file.size; number += 1) {
    const piece = file.slice(number * size, (number + 1) * size);
    const data = await piece.arrayBuffer().catch(() => { throw new Refusal("The file changed or went away while it was sent. Choose it again."); });
    await persistently(`${at}/pieces/${number}`, data, { "Content-Type": "application/octet-stream" });
    const sent = Math.min(file.size, (number + 1) * size);
    say(`${shown(sent)} of ${shown(file.size)} sent`, (100 * sent) / file.size);
  }
  location.assign(at);
}

async function submitted(event) {
  event.preventDefault();
  const file = byId("upload-file").files[0];
  const button = upload.querySelector(".btn-primary");
  if (button.disabled) return;
  if (!file) { complain("Choose a file."); byId("upload-file").focus(); return; }
  if (file.size > Number(upload.dataset.most)) { complain(`The file has ${shown(file.size)}; at most ${shown(Number(upload.dataset.most))} are taken. Split it.`); return; }
  complain("");
  button.disabled = true;
  say(`0 kB of ${shown(file.size)} sent`, 0);
  try {
    await sendAll(file);
  } catch (problem) {
    complain(problem instanceof Refusal ? problem.message : "Mission Control cannot be reached. Press the button to go on where it stopped.");
    button.disabled = false;
  }
}

if (upload) {
  upload.noValidate = true;
  upload.addEventListener("submit", submitted);
}
for (const form of document.querySelectorAll("[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "true";
  });
}
document.body.dataset.ready = "true";
