// Who can be put on a task, and what its fields may be, as of now.
import { Problem, sessionStands } from "./api.js";

/** {agents, people, labels, types, priorities}. Throws a Problem when they cannot be read. */
export async function readChoices(project = document.body.dataset.project) {
  const response = await fetch(`/p/${project}/choices`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.status === 401) sessionStands();
  if (!response?.ok) throw new Problem({ status: response?.status ?? 0, detail: response?.status === 401 ? "You are signed out. Sign in and try again." : "Mission Control cannot be reached. Try again." });
  return response.json();
}
