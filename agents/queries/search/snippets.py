"""A piece of text with the words that were searched for marked in it: escaped first, marked afterwards."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from agents.search_words import Term

LENGTH = 180
BEFORE = 50
_BEGIN = r"(?<![^\W_])"
_GAP = r"[\W_]+"
_NOTHING = re.compile(r"(?!)")


class _Folding(dict[int, str]):
    """Each letter as one letter in lower case without its accent, so that places in the text stay the same."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKD", chr(code).lower())[:1]
        self[code] = folded
        return folded


_folding = _Folding()


def pattern_of(terms: Iterable[Term]) -> re.Pattern[str]:
    """What finds the terms in folded text."""
    patterns = [_pattern(term) for term in terms if term.words]
    return re.compile(_BEGIN + "(?:" + "|".join(patterns) + ")") if patterns else _NOTHING


def marked(text: str, pattern: re.Pattern[str]) -> SafeString:
    """The whole `text` as HTML, with what was searched for in `<mark>`."""
    pieces, end = [], 0
    for found in pattern.finditer(text.translate(_folding)):
        pieces += [
            escape(text[end : found.start()]),
            "<mark>",
            escape(text[found.start() : found.end()]),
            "</mark>",
        ]
        end = found.end()
    return mark_safe("".join([*pieces, escape(text[end:])]))  # noqa: S308 - every piece is escaped


def snippet(text: str, pattern: re.Pattern[str]) -> SafeString:
    """Up to 180 characters of `text` around the first word that was searched for, marked."""
    found = pattern.search(text.translate(_folding))
    start = _start(text, found.start()) if found else 0
    shown = text[start : start + LENGTH]
    rest = len(text) > start + LENGTH
    if rest:
        shown = shown.rpartition(" ")[0] or shown
    inside = marked(" ".join(shown.split()), pattern)
    return mark_safe(f"{'… ' if start else ''}{inside}{' …' if rest else ''}")  # noqa: S308 - marked() escapes


def _start(text: str, at: int) -> int:
    """A word's beginning, not far before the place."""
    if at <= BEFORE:
        return 0
    space = text.find(" ", at - BEFORE, at)
    return space + 1 if space >= 0 else at


def _pattern(term: Term) -> str:
    words = _GAP.join(re.escape(word) for word in term.words)
    return words + (r"(?![^\W_])" if term.phrase else r"[^\W_]*")
