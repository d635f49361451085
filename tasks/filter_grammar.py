"""The small language of the board's search field: `is:blocked agent:ada age:>2d -label:later "free text"`.

Terms stand side by side and all must hold; values with commas between them are alternatives; `-` in front turns a
term round. This module reads the text, and knows what may be written; what a term means to tasks is in
`tasks.queries.filtering`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tasks.errors import FilterRefused
from tasks.workflow import Status

MAX_LENGTH = 500
MAX_TERMS = 30
LANES = ("agent", "priority", "parent", "label")
"""What a board can be cut into lanes by."""
STATES = ("blocked", "closed", "mine", "open", "overdue", "unassigned", "waiting")
PRIORITIES = {"critical": 1, "high": 2, "normal": 3, "low": 4, "none": None}
TYPES = (
    "content", "social", "email_marketing", "customer_research", "seo_research", "engineering", "docs", "ops",
)  # fmt: skip
UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
COMPARISONS = ("<=", ">=", "<", ">")
_SPACE = re.compile(r"\s*")
_WORD = re.compile(r'[^\s"]+')
_KEY = re.compile(r"[A-Za-z_]+(?=:)")
_VALUE = re.compile(r'[^\s",]+')
_LENGTH_OF_TIME = re.compile(r"(\d{1,5})([mhdw])", re.ASCII)
_AMOUNT = re.compile(r"\d{1,8}(?:\.\d{1,4})?", re.ASCII)
_SAFE = re.compile(r"[^\s\",:<>-][^\s\",]*")


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `key` is "" for free text; `values` are alternatives, or one length of time or amount after `op`.

    `start` and `end` are its place in the text.
    """

    key: str
    values: tuple[Any, ...]
    op: str = ""
    negated: bool = False
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """A text and the terms that were read in it."""

    text: str = ""
    terms: tuple[Term, ...] = ()

    def only(self, key: str) -> Any:
        """The value of the one plain term with this key, or "" when there is none or more to it than that."""
        found = [term for term in self.terms if term.key == key and not term.negated]
        return found[0].values[0] if len(found) == 1 and len(found[0].values) == 1 else ""

    def has_state(self, state: str) -> bool:
        """Whether `is:` of this state is asked for."""
        return any(term.key == "is" and term.values == (state,) and not term.negated for term in self.terms)

    def written(self, term: Term) -> str:
        """A term as it stands in the text."""
        return self.text[term.start : term.end]

    def without(self, *gone: Term) -> str:
        """The text with these terms taken out."""
        kept = [self.written(term) for term in self.terms if term not in gone]
        return " ".join(kept)

    def replaced(self, key: str, value: str) -> str:
        """The text with every plain term of this key replaced by one with `value`."""
        gone = [term for term in self.terms if term.key == key and not term.negated]
        return f"{self.without(*gone)} {key}:{quoted(value)}".strip()

    def renamed(self, key: str, old: str, new: str) -> str:
        """The text with the value `new` where a term of this key, negated or not, has the value `old`."""
        text = self.text
        for term in reversed(self.terms):
            if term.key == key and old in term.values:
                values = dict.fromkeys(new if value == old else value for value in term.values)
                written = f"{'-' if term.negated else ''}{key}:{','.join(map(quoted, values))}"
                text = text[: term.start] + written + text[term.end :]
        return text

    def with_state(self, state: str) -> str:
        """The text with `is:` of this state added."""
        return self.text if self.has_state(state) else f"{self.text} is:{state}".strip()


def parse(text: str) -> Query:
    """The terms of `text`. Raises `FilterRefused` (400) with the position of the first mistake and what fits there."""
    if len(text) > MAX_LENGTH:
        raise _refused(text, MAX_LENGTH, f"at most {MAX_LENGTH} characters")
    terms: list[Term] = []
    at = _after_space(text, 0)
    while at < len(text):
        if len(terms) == MAX_TERMS:
            raise _refused(text, at, f"at most {MAX_TERMS} terms")
        term = _term(text, at)
        terms.append(term)
        at = _after_space(text, term.end)
    return Query(text.strip() if not terms else text, tuple(terms))


def quoted(value: str) -> str:
    """A value as it must be written: in quotes where it could be read as something else."""
    return value if _SAFE.fullmatch(value) else f'"{value.replace(chr(34), "")}"'


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _term(text: str, start: int) -> Term:
    negated = text[start] == "-"
    at = start + negated
    key = _KEY.match(text, at)
    if key is None:
        word, end = _word(text, at)
        return _ended(text, Term("", (word,), negated=negated, start=start, end=end))
    reader = _READERS.get(key.group().lower())
    if reader is None:
        known = ", ".join(f"{name}:" for name in _READERS)
        raise _refused(text, at, f"one of {known} (or quotes around text with a colon)")
    op, values, end = reader(text, key.end() + 1)
    return _ended(text, Term(key.group().lower(), values, op, negated, start, end))


def _ended(text: str, term: Term) -> Term:
    if term.end < len(text) and not text[term.end].isspace():
        raise _refused(text, term.end, "a space between two terms")
    return term


def _word(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] == '"':
        return _quoted(text, at)
    found = _WORD.match(text, at)
    if found is None:
        raise _refused(text, at, "a word or a term after “-”")
    return found.group(), found.end()


def _quoted(text: str, at: int) -> tuple[str, int]:
    end = text.find('"', at + 1)
    if end < 0:
        raise _refused(text, at, "a closing quote")
    if not text[at + 1 : end].strip():
        raise _refused(text, at + 1, "text between the quotes")
    return text[at + 1 : end].strip(), end + 1


Read = tuple[str, tuple[Any, ...], int]
Reader = Callable[[str, int], Read]


def _values(read: Callable[[str, int, str], Any], expected: str) -> Reader:
    def reader(text: str, at: int) -> Read:
        values = []
        while True:
            raw, end = _value(text, at, expected)
            values.append(read(text, at, raw))
            if text[end : end + 1] != ",":
                return "", tuple(dict.fromkeys(values)), end
            at = end + 1

    return reader


def _value(text: str, at: int, expected: str) -> tuple[str, int]:
    if text[at : at + 1] == '"':
        return _quoted(text, at)
    found = _VALUE.match(text, at)
    if found is None:
        raise _refused(text, at, expected)
    return found.group(), found.end()


def _name(what: str) -> Reader:
    return _values(lambda text, at, raw: raw, what)


def _one_of(known: dict[str, Any]) -> Reader:
    expected = "one of " + ", ".join(known)

    def read(text: str, at: int, raw: str) -> Any:
        if raw.lower() not in known:
            raise _refused(text, at, expected)
        return known[raw.lower()]

    return _values(read, expected)


def _measure(pattern: re.Pattern[str], expected: str, read: Callable[[re.Match[str]], Any]) -> Reader:
    def reader(text: str, at: int) -> Read:
        op = next((op for op in COMPARISONS if text.startswith(op, at)), "")
        if not op:
            raise _refused(text, at, f"< or >, then {expected}")
        found = pattern.match(text, at + len(op))
        if found is None:
            raise _refused(text, at + len(op), expected)
        return op, (read(found),), found.end()

    return reader


def _length(found: re.Match[str]) -> timedelta:
    return int(found[1]) * UNITS[found[2]]


_NUMBERED = {str(value): value for value in PRIORITIES.values() if value}
_A_LENGTH = "a length of time such as 30m, 4h, 2d or 1w"
_READERS: dict[str, Reader] = {
    "is": _one_of({state: state for state in STATES}),
    "agent": _name("an agent's slug"),
    "user": _name("a user name"),
    "label": _name("a label"),
    "parent": _name("a task's key"),
    "type": _one_of({value: value for value in TYPES}),
    "priority": _one_of(PRIORITIES | _NUMBERED),
    "status": _one_of({value: value for value in Status.values}),
    "due": _measure(_LENGTH_OF_TIME, _A_LENGTH, _length),
    "age": _measure(_LENGTH_OF_TIME, _A_LENGTH, _length),
    "cost": _measure(_AMOUNT, "an amount in US dollars such as 1 or 0.50", lambda found: Decimal(found[0])),
}


def _refused(text: str, at: int, expected: str) -> FilterRefused:
    found = text[at : at + 20]
    there = f"“{found}”" if found else "the end"
    message = f"Character {at + 1}: expected {expected}, found {there}."
    return FilterRefused(message, extra={"position": at, "expected": expected})
