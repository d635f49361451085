// Buttons that copy the text beside them.
import { announce, el } from "./dom.js";

export function setUpCopying() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    const text = button?.closest(".step")?.querySelector("pre, code");
    if (!text) return;
    const copied = await copy(text);
    announce(copied ? "Copied." : "It is marked; press Control C to copy it.");
    button.lastChild.textContent = copied ? "Copied" : "Marked";
    setTimeout(() => { button.lastChild.textContent = "Copy"; }, 2000);
  });
}

/** Without a secure address there is no clipboard for scripts: then the text is marked and copied the old way. */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    const marked = getSelection();
    marked.selectAllChildren(element);
    return document.execCommand("copy");
  }
}

/** A text with its title and a button that copies it. */
export function copyable(title, text) {
  const button = el("button", { type: "button", class: "btn btn-s", "data-copy": true, "aria-label": `Copy: ${title}` }, "Copy");
  return el("div", { class: "step" }, el("div", { class: "row row-between" }, el("span", { class: "section-title" }, title), button),
    el("code", { class: "secret", tabindex: "0" }, text));
}
