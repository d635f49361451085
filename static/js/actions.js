// What a person can do from anywhere: declared once, offered by the command palette, and bound to keys.
import { byId, tell } from "./dom.js";
import { bind, mention } from "./keys.js";
import { needed } from "./needed.js";

const OPERATES = ["owner", "operator"];
const home = () => `/p/${document.body.dataset.project}`;
const go = (path) => () => location.assign(path);
const theme = (name) => () => document.querySelector(`[data-theme-set="${name}"]`)?.click();

/** Per action: its name, its words beside the title, its icon, the key it is bound to, who may, and what it does. */
const ACTIONS = [
  { id: "board", title: "Go to the board", words: "cards columns", icon: "columns", key: "g b", group: "Go to", run: () => go(home())() },
  { id: "agents", title: "Go to the agents", words: "bots", icon: "bot", key: "g a", group: "Go to", run: () => go(`${home()}/agents`)() },
  { id: "inbox", title: "Go to the inbox", words: "approvals reviews alerts waiting", icon: "inbox", key: "g i", group: "Go to", run: () => go(`${home()}/inbox`)() },
  { id: "feed", title: "Go to the feed", words: "events history activity", icon: "feed", key: "g f", group: "Go to", run: () => go(`${home()}/feed`)() },
  { id: "search", title: "Search everything", words: "find tasks messages agents events", icon: "search", key: "g /", group: "Go to", run: () => go(`${home()}/search`)() },
  { id: "settings", title: "Go to the settings", words: "project members roles workflow labels tokens audit", icon: "gear", key: "g s", group: "Go to", run: () => go(`${home()}/settings`)() },
  { id: "new-task", title: "New task", words: "create add card", icon: "plus", key: "c", group: "Everywhere", roles: OPERATES, run: newTask },
  { id: "import", title: "Import tasks", words: "csv github beads backlog upload file jira", icon: "upload", roles: OPERATES, run: () => go(`${home()}/import`)() },
  { id: "new-project", title: "New project", words: "create add board workspace", icon: "plus", roles: OPERATES, run: go("/projects/new") },
  { id: "new-agent", title: "New agent", words: "create add bot key", icon: "bot", roles: ["owner"], run: newAgent },
  { id: "pause-all", title: "Pause all agents…", words: "stop halt", icon: "pause", roles: OPERATES, run: () => order("pause") },
  { id: "resume-all", title: "Resume all agents…", words: "start continue", icon: "play", roles: OPERATES, run: () => order("resume") },
  { id: "theme-auto", title: "Theme: follow the system", words: "colour", icon: "theme", run: theme("auto") },
  { id: "theme-light", title: "Theme: light", words: "colour day", icon: "sun", run: theme("light") },
  { id: "theme-dark", title: "Theme: dark", words: "colour night", icon: "moon", run: theme("dark") },
  { id: "keys", title: "Keyboard keys", words: "help shortcuts", icon: "info", run: () => document.querySelector("[data-help]")?.click() },
  { id: "profile", title: "Your profile", words: "name e-mail password sessions sign out", icon: "user", run: go("/me") },
  { id: "api", title: "API reference", words: "documentation openapi", icon: "link", run: go("/api/v1/docs") },
];

/** The actions this person may take. */
export const actions = () => ACTIONS.filter(({ roles }) => !roles || roles.includes(document.body.dataset.role));

export function setUpActions() {
  if (!document.body.dataset.project) return;
  for (const { key, run, title, group } of actions()) if (key) bind(key, run, title, group);
  mention("Ctrl K", "Find and do", "Everywhere");
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    if (!document.querySelector("dialog[open]:not(#palette)")) openPalette();
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]")) openPalette(); });
}

/** The palette's script is fetched when it is wanted for the first time. */
async function openPalette() {
  (await needed(import("./palette.js")))?.togglePalette();
}

async function order(action) {
  (await needed(import("./orders.js")))?.orderAll(action);
}

function newTask() {
  if (byId("new-task")) tell("task:new");
  else location.assign(`${home()}#new-task`);
}

function newAgent() {
  const button = document.querySelector("[data-new-agent]");
  if (button) button.click();
  else location.assign(`${home()}/agents#new-agent`);
}
