// Who can be put on a task, and what its fields may be, as of now.
import { Problem } from "./api.js";

/** {agents, people, labels, types, priorities}. Throws a Problem when they cannot be read. */
export async function readChoices() {
  const response = await fetch(`/p/${document.body.dataset.project}/choices`).catch(() => null);
  if (!response?.ok) throw new Problem({ status: response?.status ?? 0, detail: "Mission Control cannot be reached. Try again." });
  return response.json();
}
