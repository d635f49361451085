// The reference of the API: the vendored reader in a layout of our own, with one main part and headings in their order.
import { csrfToken } from "./api.js";

const place = document.getElementById("swagger-ui");
const READING = ["GET", "HEAD"];

/** What the page consists of, from the top: the reader's own parts without its frame. */
const layout = ({ React: { createElement } }) => ({
  components: {
    Reference({ getComponent, specSelectors, errSelectors }) {
      const part = (name) => createElement(getComponent(name, true), { key: name });
      if (specSelectors.loadingStatus() !== "success") {
        const failed = Boolean(errSelectors.lastError());
        return createElement("p", { role: "status" }, failed ? "The description could not be loaded. Load the page again." : "Loading the description…");
      }
      return createElement("div", { className: "swagger-ui" }, createElement(getComponent("SvgAssets")), part("errors"), part("InfoContainer"),
        createElement("h2", { className: "sr" }, "Operations"), part("AuthorizeBtnContainer"), part("operations"));
    },
  },
});

/** What the reader leaves without a name, or out of the keyboard's reach, as it is drawn. */
function mend() {
  for (const field of place.querySelectorAll(":is(select, textarea):not([aria-label], [id])")) {
    field.setAttribute("aria-label", field.closest("[data-param-name]")?.dataset.paramName ?? "Request body");
  }
  for (const table of place.querySelectorAll('table[role="region"]')) table.removeAttribute("role");
  for (const example of place.querySelectorAll("pre:not([tabindex])")) example.tabIndex = 0;
  for (const close of place.querySelectorAll(".close-modal:not([aria-label])")) close.setAttribute("aria-label", "Close");
}

/** A link to an operation, like #operations-tasks-transition_task, leads there once it is drawn. */
function arrive() {
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

new MutationObserver(mend).observe(place, { childList: true, subtree: true });
window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: [layout],
  layout: "Reference",
  deepLinking: false,
  syntaxHighlight: { activated: false },
  requestInterceptor(request) {
    if (request.method && !READING.includes(request.method)) request.headers["X-CSRFToken"] = csrfToken();
    return request;
  },
  onComplete: () => setTimeout(arrive),
});
