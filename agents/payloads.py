"""How a request's payload is shown to the person who decides: what changes as a diff, and the rest as it is.

A change is told by `before` and `after` (also `old` and `new`, `from` and `to`), or by a `diff` or `patch` that the
requester made, for the payload as a whole or for each of its `files`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import islice
from typing import Any

PAIRS = (("before", "after"), ("old", "new"), ("from", "to"))
READY_MADE = ("diff", "patch")
MOST_LINES = 400
"""Of one diff at most so many lines are shown, and texts with more are not compared line by line."""

MOST_FILES = 20
KINDS = {"+": "added", "-": "removed", "@": "place"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a diff: added, removed, same, or the place where it goes on."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changes; `title` names it where there are several. `cut` says that not every line is shown."""

    title: str
    lines: list[Line]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A payload as it is shown."""

    changes: list[Change] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict)


def shown(payload: Mapping[str, Any]) -> Shown:
    """The payload's changes, and what is in it besides."""
    rest = dict(payload)
    changes = _taken(rest, "")
    files = rest.get("files")
    if isinstance(files, list) and files and all(_is_file(each) for each in files):
        del rest["files"]
        for each in files[:MOST_FILES]:
            changes += _taken(dict(each), str(each.get("path") or each.get("name") or "file"))
        if len(files) > MOST_FILES:
            rest["files not shown"] = len(files) - MOST_FILES
    return Shown(changes, rest)


def _is_file(given: Any) -> bool:
    return isinstance(given, dict) and bool(_taken(dict(given), ""))


def _taken(rest: dict[str, Any], title: str) -> list[Change]:
    """The changes `rest` tells of, which are taken out of it."""
    found = []
    for old, new in PAIRS:
        if old in rest and new in rest:
            found.append(_compared(title, _lines(rest.pop(old)), _lines(rest.pop(new))))
    made = [name for name in READY_MADE if isinstance(rest.get(name), str) and rest[name].strip()]
    return found + [_change(title, rest.pop(name).splitlines()) for name in made]


def _lines(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.splitlines()
    if value is None:
        return []
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str).splitlines()


def _compared(title: str, before: Sequence[str], after: Sequence[str]) -> Change:
    if max(len(before), len(after)) > MOST_LINES:
        told = [*(f"-{line}" for line in before[:MOST_LINES]), *(f"+{line}" for line in after[:MOST_LINES])]
        return Change(title, [_line(text) for text in told], cut=True)
    # The first two lines name the files, which have no names here.
    return _change(title, list(islice(unified_diff(before, after, lineterm=""), 2, None)))


def _change(title: str, told: Sequence[str]) -> Change:
    return Change(title, [_line(text) for text in told[:MOST_LINES]], cut=len(told) > MOST_LINES)


def _line(text: str) -> Line:
    if text.startswith(("+++", "---")):
        return Line("place", text)
    return Line(KINDS.get(text[:1], "same"), text)
