// Column heads. Events are added up as they come; what the server counted, with the number it counted at, puts them right.
import { refreshAges } from "../ages.js";
import { el, on } from "../dom.js";
import { lastSeen } from "../live.js";
import { columnOf, isFiltered, setCount } from "./columns.js";
import { isAhead } from "./move.js";

let countedAt = 0;

/** Whether the heads hold the event already. */
export const isCounted = (seq) => seq <= countedAt;

export function setUpHeads() {
  on("live:columns", put);
  on("live:resync", () => { countedAt = 0; });
}

function put({ columns, columns_at: at }) {
  if (isFiltered() || isAhead() || at < lastSeen()) return;
  countedAt = at;
  for (const [status, figures] of Object.entries(columns)) draw(status, figures);
}

function draw(status, { count, cost, oldest }) {
  const column = columnOf(status);
  setCount(status, count);
  const age = oldest && el("span", { title: "Oldest in this column" }, el("time", { datetime: oldest, "data-ago": true }));
  column.querySelector(".column-age").replaceChildren(...[cost && el("span", { title: "Cost of this column" }, cost), age].filter(Boolean));
  refreshAges(column);
}
