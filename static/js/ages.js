// Keeps every <time data-ago> true while the page is open; the same words as the server's `ago`.
const UNITS = [[604800, "w", 1209600], [86400, "d", 86400], [3600, "h", 3600], [60, "m", 60]];

export function span(seconds) {
  for (const [size, unit, from] of UNITS) if (seconds >= from) return Math.floor(seconds / size) + unit;
  return seconds < 10 ? "now" : `${Math.floor(seconds)}s`;
}

export function refreshAges(root = document) {
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
