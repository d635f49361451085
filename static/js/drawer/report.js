// The report of a task: copied as Markdown.
import { announce, byId, el } from "../dom.js";
import { toast } from "../toast.js";

export function setUpReport() {
  byId("drawer").addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy-report]");
    if (button) copy(button);
  });
}

async function copy(button) {
  const response = await fetch(`/api/v1/tasks/${button.dataset.copyReport}/report`).catch(() => null);
  if (!response?.ok) { toast("The report was not copied", { tone: "bad", detail: "Mission Control cannot be reached. Try again." }); return; }
  const copied = await put(await response.text());
  const label = button.querySelector("span");
  label.textContent = copied ? "Copied" : "Not copied";
  announce(copied ? "Copied." : "This browser does not let pages copy here. Download it instead.");
  setTimeout(() => { label.textContent = "Copy"; }, 2000);
}

/** Without a secure address there is no clipboard for scripts: then the old way, from a field nobody sees. */
async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el("textarea", { class: "sr", "aria-label": "Report", readonly: true });
    field.value = text;
    byId("report").append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  }
}
