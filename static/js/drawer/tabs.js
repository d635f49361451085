// The tabs by keyboard: arrows inside the row, [ and ] from anywhere.
import { openDrawer, openKey } from "../board/drawer.js";
import { byId } from "../dom.js";
import { bind } from "../keys.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

export function setUpTabs() {
  byId("drawer").addEventListener("keydown", (event) => {
    const tab = event.target.closest?.(".tab");
    if (!tab || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " ") go(tab);
    else if (event.key in STEPS) go(beside(tab, STEPS[event.key], true));
    else return;
    event.preventDefault();
  });
  bind("[", () => turn(-1), "Previous part, next part", "Card");
  bind("]", () => turn(1), "Previous part, next part", "Card");
}

const all = () => [...byId("drawer").querySelectorAll(".tab")];

function beside(tab, step, around) {
  const tabs = all();
  if (!Number.isFinite(step)) return step < 0 ? tabs[0] : tabs.at(-1);
  const next = tabs.indexOf(tab) + step;
  return around ? tabs.at(next % tabs.length) : tabs[next];
}

function turn(step) {
  if (!openKey()) return false;
  const next = beside(byId("drawer").querySelector('.tab[aria-selected="true"]'), step, false);
  if (next && byId("drawer").contains(document.activeElement)) go(next);
  else if (next) openDrawer(next.getAttribute("href"));
  return true;
}

async function go(tab) {
  tab.focus();
  await openDrawer(tab.getAttribute("href"));
}
