// Forms of settings: sent without leaving the page, kept when they are refused or the line is cut, guarded while unsaved.
import { csrfToken, Problem } from "./api.js";
import { announce, byId } from "./dom.js";
import { refused } from "./toast.js";

let saved = "";
let leaving = false;

setUp();

function setUp() {
  const mark = document.querySelector("[data-saved]");
  if (mark) {
    announce("Saved.");
    history.replaceState(history.state, "", location.pathname);
  }
  // On a phone the sections are a row that scrolls; where one is must be in sight.
  for (const here of document.querySelectorAll(".nav [aria-current], .settings-nav [aria-current]")) here.scrollIntoView({ inline: "center", block: "nearest" });
  guard();
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-guard], form[data-send]")) return;
    event.preventDefault();
    send(event.target);
  });
  for (const name of ["input", "change"]) document.addEventListener(name, showUnsaved);
  document.body.dataset.ready = "true";
  addEventListener("beforeunload", (event) => { if (isUnsaved() && !leaving) event.preventDefault(); });
}

/** Remember what the server has: an answer that says otherwise than the page is still unsaved. */
function guard() {
  const form = byId("settings-form");
  if (!form) return;
  saved = "dirty" in form.dataset ? null : written(form);
  showUnsaved();
}

function written(form) {
  return new URLSearchParams(new FormData(form)).toString();
}

function isUnsaved() {
  const form = byId("settings-form");
  return Boolean(form) && written(form) !== saved;
}

function showUnsaved() {
  const mark = document.querySelector("[data-unsaved]");
  if (mark) mark.hidden = !isUnsaved();
}

async function send(form) {
  const button = form.querySelector("button:not([type=button])");
  if (button.disabled) return;
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() } });
    await take(form, answer);
  } catch {
    refused("That was not saved", new Problem({ status: 0, detail: "Mission Control cannot be reached. What you wrote is still here; try again." }));
  } finally {
    button.disabled = false;
  }
}

async function take(form, answer) {
  const where = answer.headers.get("HX-Redirect");
  if (where) {
    leaving = form.matches("[data-guard]") || !isUnsaved() || confirm("What you changed above is not saved. Leave it?");
    location.assign(where);
  } else if ([409, 422].includes(answer.status)) {
    show(form, new DOMParser().parseFromString(await answer.text(), "text/html"));
  } else {
    refused("That was not saved", new Problem({ status: answer.status, detail: answer.status === 403 ? "You may not do this any more. Load the page again." : "The server did not take it. What you wrote is still here; try again." }));
  }
}

/** The same form as the server answers it, with what is wrong beside its fields. */
function show(form, answer) {
  const fresh = answer.querySelector(`form[action="${form.getAttribute("action")}"]`);
  if (!fresh) return;
  form.replaceWith(document.importNode(fresh, true));
  guard();
  const shown = document.querySelector(`form[action="${form.getAttribute("action")}"]`);
  (shown.querySelector("[aria-invalid=true]") ?? shown.querySelector("[data-trouble]"))?.focus();
}
