// Who else is at this board: faces in the toolbar, a word in the drawer, a quiet ring around a card somebody drags.
import { byId, el, on } from "../dom.js";
import { say } from "../live.js";
import { cardOf } from "./columns.js";
import { openKey } from "./drawer.js";

const AGAIN_MS = 10_000;
const faces = () => (innerWidth < 700 ? 2 : 5);
const me = Number(document.body.dataset.user);
let others = [];
let more = 0;
let said = "";

const style = el("link", { rel: "stylesheet", href: new URL("../../css/presence.css", import.meta.url).href });
document.head.append(style);
const list = el("ul", { class: "presence", id: "presence", "aria-label": "At this board now", hidden: true });
byId("views").before(list);

for (const name of ["drawer:drawn", "drawer:left"]) on(name, () => { tellWhere(); drawDrawer(); });
on("live:open", () => tellWhere(true));
on("live:presence", take);
on("live:card", () => setTimeout(drawRings));
on("board:free", () => setTimeout(drawRings));
addEventListener("popstate", () => setTimeout(tellWhere));
document.addEventListener("visibilitychange", () => tellWhere());
new MutationObserver(() => tellWhere()).observe(document.body, { attributes: true, attributeFilter: ["data-dragging"] });
new MutationObserver(() => tellWhere()).observe(byId("drawer"), { childList: true });
setInterval(() => tellWhere(true), AGAIN_MS);
tellWhere(true);

function tellWhere(again = false) {
  const message = document.hidden ? { type: "presence", away: true }
    : { type: "presence", card: openKey() ?? null, drag: document.body.dataset.dragging ?? null };
  const text = JSON.stringify(message);
  if (text === said && again !== true) return;
  said = text;
  say(message);
}

function take(frame) {
  others = frame.people.filter((person) => person.id !== me);
  more = frame.more;
  drawList();
  drawDrawer();
  drawRings();
}

function doing(person) {
  if (person.drag) return `${person.name} is moving ${person.drag}`;
  return person.cards.length ? `${person.name} is at ${person.cards.join(", ")}` : person.name;
}

const face = (person) => el("span", { class: "avatar", "data-hue": person.hue, "aria-hidden": true }, person.initials);
const item = (person) => el("li", { title: doing(person), "data-person": person.id }, face(person), el("span", { class: "sr" }, doing(person)));

function drawList() {
  const rest = others.slice(faces());
  const count = rest.length + more;
  const names = [...rest.map(doing), more && `${more} more`].filter(Boolean).join("\n");
  list.replaceChildren(...others.slice(0, faces()).map(item),
    ...(count ? [el("li", { class: "presence-more", title: names }, `+${count}`, el("span", { class: "sr" }, ` more: ${names}`))] : []));
  list.hidden = !others.length;
}

function drawDrawer() {
  const facts = byId("drawer").querySelector(".drawer-facts");
  facts?.querySelector(".here")?.remove();
  const here = others.filter((person) => person.cards.includes(openKey()) || person.drag === openKey());
  if (!facts || !here.length) return;
  const names = here.slice(0, 3).map((person) => person.name).join(", ");
  const extra = here.length > 3 ? ` and ${here.length - 3} more` : "";
  facts.append(el("span", { class: "here" }, ...here.slice(0, 3).map(face), `${names}${extra} ${here.length > 1 ? "are" : "is"} here`));
}

function drawRings() {
  for (const card of document.querySelectorAll(".card[data-held-by]")) delete card.dataset.heldBy;
  for (const person of others) {
    const card = person.drag && cardOf(person.drag);
    if (card) card.dataset.heldBy = person.name;
  }
}
