// How well a few letters fit a title: 0 when they do not.

/** Every letter of `query` in order; whole words, beginnings of words and letters in a row count most. `words` count less. */
export function score(query, title, words = "") {
  return Math.max(points(query, title), points(query, words) * 0.6);
}

function points(query, text) {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  const there = text.toLowerCase();
  if (!wanted.length || !there) return 0;
  const parts = wanted.map((word) => wordPoints(word, there));
  return parts.includes(0) ? letters(wanted.join(""), there) : parts.reduce((sum, part) => sum + part) / parts.length;
}

function wordPoints(word, text) {
  if (text === word) return 120;
  const at = text.indexOf(word);
  if (at < 0) return letters(word, text);
  if (at === 0) return 100;
  return /[\s\-_:]/.test(text[at - 1]) ? 90 : 60;
}

/** Letters in the right order with gaps: beginnings of words and neighbours add up, never above a found word. */
function letters(word, text) {
  let at = -1;
  let sum = 0;
  for (const letter of word) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return 0;
    sum += next === at + 1 ? 3 : /[\s\-_:]/.test(text[next - 1] ?? " ") ? 2 : 1;
    at = next;
  }
  return Math.min(50, (50 * sum) / (3 * word.length));
}
