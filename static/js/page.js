// Every signed-in page.
import { csrfToken, post } from "./api.js";
import { ask } from "./ask.js";
import { setUpActions } from "./actions.js";
import { keepAges, refreshAges } from "./ages.js";
import { on } from "./dom.js";
import { setUpKeys } from "./keys.js";
import { startLive } from "./live.js";
import { setUpMenus } from "./menus.js";
import { setUpOrders } from "./orders.js";
import { refused } from "./toast.js";

document.addEventListener("htmx:config:request", (event) => {
  const request = event.detail.ctx.request;
  if (request.method !== "GET") request.headers["X-CSRFToken"] = csrfToken();
});
// A fragment that failed must not replace what is on the screen.
document.addEventListener("htmx:before:swap", (event) => {
  const status = event.detail.ctx?.response?.status ?? event.detail.ctx?.response?.raw?.status ?? 200;
  if (status >= 400) event.preventDefault();
});
document.addEventListener("htmx:after:swap", () => refreshAges());

// Agents' dots follow what agents do, wherever they are shown.
let dots = 0;
on("live:agent", () => {
  if (!document.querySelector("[data-agent]")) return;
  dots ||= setTimeout(refreshDots, 400);
});

async function refreshDots() {
  dots = 0;
  const answer = await fetch(`/p/${document.body.dataset.project}/agents/-/dots`).catch(() => null);
  if (!answer?.ok) return;
  const states = await answer.json();
  for (const face of document.querySelectorAll("[data-agent]")) {
    const state = states[face.dataset.agent];
    if (state && face.dataset.state !== state) face.dataset.state = state;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-post]");
  if (!button) return;
  event.preventDefault();
  const body = JSON.parse(button.dataset.body || "{}");
  if (button.dataset.ask) {
    const answer = await ask(button.dataset.ask, button.textContent.replace("…", "").trim());
    if (answer === null) return;
    body[button.dataset.askField] = answer;
  }
  button.disabled = true;
  try {
    await post(button.dataset.post, body);
    if (button.dataset.then) document.body.dispatchEvent(new CustomEvent(button.dataset.then));
  } catch (problem) {
    refused(button.dataset.refused || "That did not work", problem);
  } finally {
    button.disabled = false;
  }
});

setUpMenus();
setUpKeys();
setUpOrders();
setUpActions();
keepAges();
startLive();


// Following a notification reads it; the page does not wait for that.
document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-read][data-unread]");
  if (item) post(`/notifications/${item.dataset.read}/read`).catch(() => {});
});
