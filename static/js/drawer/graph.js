// The graph of what surrounds the task: fetched when it is opened, and again when something in it changes.
import { openKey } from "../board/drawer.js";
import { byId, el, fromServer, on, recall, remember } from "../dom.js";

const drawn = new WeakMap();

export function setUpGraph() {
  byId("drawer").addEventListener("toggle", ({ target }) => {
    if (target.id !== "graph") return;
    remember("graph-open", target.open);
    if (target.open) draw();
  }, true);
  on("drawer:drawn", () => {
    const graph = byId("graph");
    if (!graph) return;
    if (!graph.open && !drawn.has(graph) && recall("graph-open", false)) graph.open = true;
    else if (graph.open) draw();
    drawn.set(graph, drawn.get(graph) ?? "");
  });
}

async function draw() {
  const graph = byId("graph");
  const response = await fetch(graph.dataset.graph).catch(() => null);
  if (graph !== byId("graph") || !openKey()) return;
  if (!response?.ok) { failed(); return; }
  const html = await response.text();
  if (drawn.get(graph) === html) return;
  drawn.set(graph, html);
  const box = byId("graph-inside");
  const focus = box.contains(document.activeElement) && document.activeElement.getAttribute("href");
  const old = box.querySelector(".graph-box");
  const [left, open] = [old?.scrollLeft, box.querySelector(".graph-words")?.open];
  box.replaceChildren(fromServer(html));
  settle(box, left, open);
  if (focus) box.querySelector(`[href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
}

/** A new drawing shows the task itself; one that was drawn before stays where it was. */
function settle(box, left, open) {
  const frame = box.querySelector(".graph-box");
  const here = box.querySelector('.graph-node[aria-current="true"] rect');
  frame.scrollLeft = left ?? Number(here.getAttribute("x")) - frame.clientWidth / 2 + 80;
  if (left === undefined) frame.scrollTop = Number(here.getAttribute("y")) - frame.clientHeight / 2 + 22;
  box.querySelector(".graph-words").open = Boolean(open);
}

function failed() {
  byId("graph-inside").replaceChildren(el("p", { class: "error-text", role: "alert" }, "The graph cannot be drawn now. ",
    el("button", { type: "button", class: "btn btn-s", onclick: draw }, "Try again")));
}
