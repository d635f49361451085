// Every signed-in page.
import { csrfToken, post, sessionStands } from "./api.js";
import { setUpActions } from "./actions.js";
import { keepAges, refreshAges } from "./ages.js";
import { on } from "./dom.js";
import { setUpDrafts } from "./drafts.js";
import { setUpKeys } from "./keys.js";
import { startLive } from "./live.js";
import { setUpMenus } from "./menus.js";
import { needed } from "./needed.js";
import { refused } from "./toast.js";

document.addEventListener("htmx:config:request", (event) => {
  const request = event.detail.ctx.request;
  if (request.method !== "GET") request.headers["X-CSRFToken"] = csrfToken();
});
// A fragment that failed must not replace what is on the screen.
document.addEventListener("htmx:before:swap", (event) => {
  const status = event.detail.ctx?.response?.status ?? event.detail.ctx?.response?.raw?.status ?? 200;
  if (status >= 400) event.preventDefault();
  if (status === 401) sessionStands();
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
  const asking = button.dataset.ask ? await needed(import("./ask.js")) : null;
  if (button.dataset.ask && !asking) return;
  if (asking) {
    const answer = await asking.ask(button.dataset.ask, button.textContent.replace("…", "").trim());
    if (answer === null) return;
    body[button.dataset.askField] = answer;
  }
  button.disabled = true;
  try {
    await post(button.dataset.post, body);
    asking?.answered(button.dataset.ask);
    if (button.dataset.then) document.body.dispatchEvent(new CustomEvent(button.dataset.then));
  } catch (problem) {
    refused(button.dataset.refused || "That did not work", problem);
  } finally {
    button.disabled = false;
  }
});

// The token in a form is as old as the page; signing in again in another tab has made another.
document.addEventListener("submit", (event) => {
  const token = event.target.elements.csrfmiddlewaretoken;
  if (token && csrfToken()) token.value = csrfToken();
  if (event.target.getAttribute("action")?.endsWith("/sign-out")) document.body.dataset.leaving = "";
});

// Orders to agents, wherever they are offered.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-order], [data-order-all]");
  if (!button) return;
  const orders = await needed(import("./orders.js"));
  if (button.dataset.orderAll) orders?.orderAll(button.dataset.orderAll);
  else orders?.orderOne(button.dataset.order, button.dataset.slug, button.dataset.name);
});

setUpDrafts();
setUpMenus();
setUpKeys();
setUpActions();
keepAges();
startLive();


// Following a notification reads it; the page does not wait for that.
document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-read][data-unread]");
  if (item) post(`/notifications/${item.dataset.read}/read`).catch(() => {});
});
