// Keeps every <time data-ago> true while the page is open; the same words as the server's `ago`.
const UNITS = [[604800, "w", 1209600], [86400, "d", 86400], [3600, "h", 3600], [60, "m", 60]];

export function span(seconds) {
  for (const [size, unit, from] of UNITS) if (seconds >= from) return Math.floor(seconds / size) + unit;
  return seconds < 10 ? "now" : `${Math.floor(seconds)}s`;
}

let when = null;

/** Made with the first moment that is shown: making it costs a slow phone a tenth of a second. */
const format = () => (when ??= new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }));

/** Moments in the time zone of who looks; what the server wrote, in UTC, stays their title. */
function localise(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const text = format().format(new Date(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

export function refreshAges(root = document) {
  localise(root);
  const now = Date.now();
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const length = span(Math.max(0, (now - Date.parse(time.dateTime)) / 1000));
    const text = time.dataset.ago !== "words" ? length : length === "now" ? "just now" : `${length} ago`;
    if (time.textContent !== text) time.textContent = text;
  }
}

export function keepAges() {
  refreshAges();
  setInterval(() => { if (!document.hidden) refreshAges(); }, 20_000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refreshAges(); });
}
