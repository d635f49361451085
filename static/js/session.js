// When the session has ended: say so, offer to sign in, and come back to this page. What was typed waits in its drafts.
import { el, icon, tell } from "./dom.js";
import { keepAll } from "./drafts.js";
import { toast } from "./toast.js";

let open = null;

/** Whose session this browser has: an id, null for nobody's, undefined when the server cannot be asked. Renews the CSRF cookie. */
export async function whose() {
  const response = await fetch("/session", { credentials: "same-origin" }).catch(() => null);
  const answer = response?.ok ? await response.json().catch(() => null) : null;
  return answer ? answer.user : undefined;
}

export const isMine = (user) => String(user) === document.body.dataset.user;

/** The server does not know who asks, or knows somebody else. Answers whether it is this person after all. */
export async function sessionEnded() {
  const user = await whose();
  if (user === undefined || isMine(user)) return isMine(user);
  if (!open) show(user);
  return false;
}

function show(user) {
  const other = user !== null;
  const back = el("button", { type: "button", class: "btn btn-primary", onclick: () => leave(other) }, other ? "Load the page again" : "Sign in again");
  const dialog = el("dialog", { class: "dialog dialog-s", "aria-labelledby": "session-title", "data-session": true },
    el("div", { class: "dialog-head" }, el("h2", { id: "session-title" }, other ? "Somebody else is signed in here" : "You are signed out"),
      el("button", { type: "button", class: "btn btn-ghost btn-icon btn-s", "data-close": true, "aria-label": "Close" }, icon("close"))),
    el("div", { class: "dialog-body" }, el("p", {}, other
      ? "This page is yours, but another person signed in with this browser meanwhile. Nothing was sent in their name; what you typed is kept for you."
      : "Your session has ended, so nothing was sent. What you typed is kept in this browser. Sign in, and you come back to this page with your text.")),
    el("div", { class: "dialog-foot" }, el("button", { type: "button", class: "btn", "data-close": true }, "Not now"), back));
  dialog.addEventListener("close", () => { dialog.remove(); open = null; });
  open = dialog;
  document.body.append(dialog);
  dialog.showModal();
  back.focus();
}

function leave(other) {
  keepAll();
  if (other) { location.reload(); return; }
  const writing = document.querySelector("#new-task[open]") ? "#new-task" : location.hash;
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search + writing)}`);
}

// Signed in again in another tab: here it goes on where it was.
addEventListener("focus", async () => {
  if (!open || !isMine(await whose()) || !open) return;
  open.close();
  toast("You are signed in again", { detail: "Go on where you were. What was not sent can be sent now.", tone: "good" });
  tell("session:back");
});
