// What the board needs only once somebody asks for it: fetched then, so that the board itself is there sooner.
import { byId, on } from "../dom.js";
import { draftNames } from "../drafts.js";
import { bind } from "../keys.js";
import { needed } from "../needed.js";
import { cardOf } from "./columns.js";
import { openDrawer, openKey } from "./drawer.js";

const viewer = () => document.body.dataset.role === "viewer";
const current = () => document.activeElement?.closest?.(".card") ?? cardOf(openKey() ?? "");

/** Per gesture: what was clicked, and what is done with it. The first that fits is taken. */
const CLICKS = [
  [".card-menu", (button) => openMenu(button.closest(".card").dataset.key, button)],
  ["[data-move-task]", (button) => openMenu(button.dataset.moveTask, button)],
  ["[data-new-task]", newTask],
  ["#drawer [data-edit]", async ({ dataset }) => (await needed(import("./edit.js")))?.start(dataset.edit)],
  ["#drawer [data-unassign]", async (button) => (await needed(import("./assignees.js")))?.takeOff(button)],
  ["#views-panel :is([data-view-save], [data-view-edit], [data-view-delete], [data-view-open])", async (button) => (await needed(import("./views.js")))?.act(button)],
];
const EDITS = [
  ["e", "title", "Edit the title"], ["p", "priority", "Set the priority"],
  ["l", "labels", "Edit the labels"], ["a", "assignees", "Assign somebody"],
];

export function setUpLater() {
  document.addEventListener("click", clicked);
  on("task:new", newTask);
  on("drawer:drawn", takeUpDrafts);
  takeUpDrafts();
  if (location.hash === "#new-task") {
    history.replaceState(history.state, "", location.pathname + location.search);
    newTask();
  }
  for (const [key, field, title] of EDITS) bind(key, () => edit(field), title, "Card");
  bind("m", moveCurrent, "Move to…", "Card");
  bind("v", openViews, "Saved views", "Board");
}

function clicked(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  for (const [selector, act] of CLICKS) {
    const found = event.target.closest(selector);
    if (!found) continue;
    if (found.matches("[data-view-open]")) event.preventDefault();
    act(found);
    return;
  }
}

/** What was typed into a field of the open card and never saved is shown again. */
async function takeUpDrafts() {
  if (openKey() && draftNames(`edit:${openKey()}:`).length) (await needed(import("./edit.js")))?.takeUpDrafts();
}

/** Show the menu of places a card can go to, at an element. */
async function openMenu(key, anchor) {
  (await needed(import("./movemenu.js")))?.openMoveMenu(key, anchor);
}

function moveCurrent() {
  const card = current();
  if (!card) return false;
  openMenu(card.dataset.key, card.querySelector(".card-link"));
  return true;
}

async function newTask() {
  if (!viewer()) (await needed(import("./newtask.js")))?.openNewTask();
}

/** Start editing the field of the card that is open or has the focus. */
function edit(field) {
  const link = document.activeElement?.closest?.(".card")?.querySelector(".card-link");
  if (viewer() || (!openKey() && !link)) return false;
  const begin = async () => (await needed(import("./edit.js")))?.start(field);
  if (byId("drawer").querySelector(`[data-field="${field}"] [data-edit]`)) begin();
  else openDrawer(link?.getAttribute("href") ?? `/p/${document.body.dataset.project}/t/${openKey()}`).then(begin);
  return true;
}

function openViews() {
  byId("views").open = true;
  byId("views-panel").querySelector("[data-view-open], button").focus();
}
