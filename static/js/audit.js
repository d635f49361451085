// The check of the history: asked for once, however often the button is pressed.
import { post, Problem } from "./api.js";
import { announce, byId, tell } from "./dom.js";
import { refused } from "./toast.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-check-history]");
  if (!button || button.disabled) return;
  button.disabled = true;
  try {
    await post(`/projects/${document.body.dataset.project}/audit/check`);
    announce("A check of the history is asked for.");
    tell("settings:changed");
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    button.disabled = false;
    refused("The check was not asked for", problem);
  }
});

// The part is replaced while a check goes on, so its end is said here.
let busy = "busy" in byId("audit-check").dataset;
document.addEventListener("htmx:after:swap", () => {
  const part = byId("audit-check");
  const before = busy;
  busy = "busy" in part.dataset;
  if (before && !busy) announce(part.querySelector(".note").textContent.trim());
});
