// Small helpers. Text from people and agents only ever enters the page as text.

/** An element: el("p", {class: "faint", "data-x": 1}, "text", child). */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function icon(name, prefix = "i", kind = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", kind);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#${prefix}-${name}`);
  svg.append(use);
  return svg;
}

export function glyph(status) {
  const svg = icon(status, "s", "glyph");
  svg.dataset.status = status;
  return svg;
}

/** HTML that our own server rendered and escaped, as an element. */
export function fromServer(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

export const byId = (id) => document.getElementById(id);

export function tell(name, detail) {
  document.body.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
}

export function on(name, handler) {
  document.body.addEventListener(name, (event) => handler(event.detail, event));
}

/** Say something to screen readers at once. */
export function announce(text) {
  const region = byId("announcer");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

export function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

export function remember(key, value) {
  try { localStorage.setItem(`mc-${key}`, JSON.stringify(value)); } catch { /* private mode: not remembered */ }
}

export function recall(key, otherwise) {
  try { return JSON.parse(localStorage.getItem(`mc-${key}`)) ?? otherwise; } catch { return otherwise; }
}
