// The keys of an agent: a new one is shown once, with the lines that use it; one is revoked after its consequence is told.
import { post, remove } from "./api.js";
import { el, icon, tell } from "./dom.js";
import { formDialog } from "./formdialog.js";
import { showOnce } from "./showonce.js";
import { toast } from "./toast.js";

const DAY_S = 86_400;
const OVERLAPS = [[0, "At once"], [3_600, "In an hour"], [DAY_S, "In a day"], [7 * DAY_S, "In a week"]];
const LIVES = [["", "Never"], [30 * DAY_S, "In 30 days"], [90 * DAY_S, "In 90 days"], [365 * DAY_S, "In a year"]];
const project = () => document.body.dataset.project;

export function setUpKeysOfAgents() {
  document.addEventListener("click", (event) => {
    const rotates = event.target.closest("[data-rotate-key]");
    const revokes = event.target.closest("[data-revoke-key]");
    if (rotates) rotate(rotates.dataset.rotateKey, rotates.dataset.name);
    if (revokes) revoke(revokes.dataset);
  });
}

async function rotate(slug, name) {
  const overlap = choice("key-overlap", OVERLAPS, DAY_S);
  const life = choice("key-life", LIVES, "");
  const working = document.querySelectorAll('[data-key-state="working"]').length;
  const follows = working ? `${name}'s present ${working === 1 ? "key stops" : "keys stop"} working when you choose.` : `${name} has no working key now.`;
  let made = null;
  const send = async () => {
    const body = { overlap_s: Number(overlap.value), ...(life.value ? { expires_in_s: Number(life.value) } : {}) };
    made = await post(`/agents/${slug}/keys?project=${project()}`, body);
  };
  const parts = [note(`${follows} The new one is shown once.`), field("The old ones stop", overlap), field("The new one ends", life)];
  if (!(await formDialog({ title: `New key for ${name}`, parts, action: "Make the key", send }))) return;
  tell("agents:changed");
  await showKey(slug, name, made.key);
}

/** The key, once, with the lines that connect the agent; closing it is the end of it. */
export async function showKey(slug, name, key) {
  const lines = await linesWith(slug, key);
  const warning = "This is the only time the key is shown. Whoever has it acts as this agent.";
  await showOnce({ title: `The key of ${name}`, label: "Key", secret: key, warning, more: [lines] });
}

/** The lines as the server wrote them, with the key in its place. It is put there as text. */
async function linesWith(slug, key) {
  const response = await fetch(`/p/${project()}/agents/${slug}/connect`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!response?.ok) return el("p", { class: "faint" }, "The lines that connect it are on its page.");
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  const lines = template.content.querySelector(".connect");
  for (const text of lines.querySelectorAll("pre")) text.textContent = text.textContent.replaceAll(lines.dataset.keyPlace, key);
  return lines;
}

async function revoke({ revokeKey: prefix, slug, name }) {
  const last = document.querySelectorAll('[data-key-state="working"]').length === 1;
  const stays = last ? ` It is the only one: ${name} cannot call until you make another.` : "";
  const text = `Whatever uses ${prefix}… is refused from the next call on. There is no way back.${stays}`;
  const send = () => remove(`/agents/${slug}/keys/${prefix}?project=${project()}`);
  if (!(await formDialog({ title: `Revoke ${prefix}…`, parts: [note(text)], action: "Revoke", danger: true, send }))) return;
  toast(`${prefix}… is revoked`, { tone: "good" });
  tell("agents:changed");
}

function choice(id, options, chosen) {
  const made = el("select", { class: "input", id }, ...options.map(([value, text]) => el("option", { value }, text)));
  made.value = String(chosen);
  return made;
}

const field = (label, input) => el("div", { class: "field" }, el("label", { for: input.id }, label), input);
const note = (text) => el("p", { class: "note note-warn" }, icon("key"), el("span", {}, text));
