// "Move to…": the legal targets as the server sees them, then the rest with the reason why not.
import { get } from "../api.js";
import { byId, el, glyph, icon } from "../dom.js";
import { cardOf, statusOf } from "./columns.js";
import { moveTo } from "./move.js";
import { isSelected, toggle } from "./select.js";
import { label, statuses, verdict } from "./workflow.js";
import { refused } from "../toast.js";

/** Show the menu for a task at an element. */
export async function openMoveMenu(key, anchor) {
  const menu = byId("move-menu");
  menu.onkeydown = walk;
  let task;
  try {
    task = await get(`/tasks/${key}`);
  } catch (problem) {
    refused(`${key} cannot be read`, problem);
    return;
  }
  const from = cardOf(key) ? statusOf(cardOf(key)) : task.status;
  const legal = new Set(task.allowed_transitions);
  const others = statuses().map((status) => status.name).filter((name) => name !== from);
  const choose = (to) => { menu.hidePopover(); anchor.focus(); moveTo(key, to); };
  menu.replaceChildren(el("p", { class: "menu-title" }, `Move ${key} from ${label(from)} to`),
    ...others.filter((to) => legal.has(to)).map((to) => item(from, to, task, choose)),
    ...others.filter((to) => !legal.has(to)).map((to) => closed(from, to, task)),
    ...selecting(key, () => { menu.hidePopover(); anchor.focus(); }));
  menu.showPopover();
  fit(menu, anchor);
  menu.querySelector("button")?.focus();
}

function item(from, to, task, choose) {
  const found = verdict(from, to, task);
  return el("button", { type: "button", class: "menu-item", role: "menuitem", "data-to": to, onclick: () => choose(to) },
    glyph(to), el("span", {}, label(to), found.verdict === "needs" && el("small", {}, found.text)));
}

/** The way to select without keyboard and mouse. */
function selecting(key, close) {
  if (!cardOf(key) || !byId("bulk")) return [];
  const text = isSelected(key) ? "Take out of the selection" : "Select";
  return [el("hr", { class: "menu-line" }),
    el("button", { type: "button", class: "menu-item", role: "menuitem", onclick: () => { close(); toggle(key); } }, icon("ticked"), text)];
}

function closed(from, to, task) {
  const found = verdict(from, to, task);
  return el("p", { class: "menu-item", role: "menuitem", "aria-disabled": "true", "data-closed": to },
    glyph(to), el("span", {}, label(to), el("small", {}, found.text || "Not open to you now.")));
}

function fit(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(at.bottom + 4, innerHeight - height - 8))}px`;
}

function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.querySelectorAll("button")];
  items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
}
