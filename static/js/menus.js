// Menus that close as people expect, dialogs with their close buttons, and the theme switch.
import { byId, tell } from "./dom.js";

export function setUpMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target) || event.target.closest(".menu-item")) menu.open = false;
    }
    event.target.closest("[data-close]")?.closest("dialog")?.close();
    if (event.target instanceof HTMLDialogElement && !("stays" in event.target.dataset) && outside(event)) event.target.close();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(event); });
  byId("bell")?.addEventListener("toggle", (event) => { if (event.target.open) tell("bell:open"); });
  setUpThemes();
}

function outside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation();
  }
}

function setUpThemes() {
  const root = document.documentElement;
  const mark = () => {
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.setAttribute("aria-checked", String((root.dataset.theme || "auto") === button.dataset.themeSet));
      button.setAttribute("role", "menuitemradio");
    }
  };
  document.addEventListener("click", (event) => {
    const theme = event.target.closest("[data-theme-set]")?.dataset.themeSet;
    if (!theme) return;
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try { localStorage.setItem("mc-theme", theme); } catch { /* private mode: until the page is left */ }
    mark();
  });
  mark();
}
