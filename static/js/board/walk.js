// Walking the cards with j and k.
import { bind, mention } from "../keys.js";
import { cardOf, columns, isFolded } from "./columns.js";
import { openDrawer, openKey, openTab } from "./drawer.js";

export function setUpWalk() {
  bind("j", () => walk(1), "Next card, previous card", "Board");
  bind("k", () => walk(-1), "Next card, previous card", "Board");
  mention("Enter", "Open", "Card");
}

const current = () => document.activeElement?.closest?.(".card") ?? cardOf(openKey() ?? "");

function walk(way) {
  const open = columns().filter((column) => !isFolded(column.dataset.status));
  const cards = open.flatMap((column) => [...column.querySelectorAll(".card")]);
  if (!cards.length) return;
  const at = cards.indexOf(current());
  const next = cards[at < 0 ? 0 : Math.max(0, Math.min(cards.length - 1, at + way))];
  const link = next.querySelector(".card-link");
  link.focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (openKey()) openDrawer(link.getAttribute("href") + openTab()).then(() => link.isConnected && link.focus());
}
