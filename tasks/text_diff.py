"""What changed between two texts, word by word. Pure, and bounded on any input.

What both texts begin and end with is cut off first; where more is left than can be compared word by word in a moment,
lines are compared, and where there are too many of those, the old is shown as taken out and the new as put in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST = 400
"""Words or lines of one text that are compared with each other."""

_WORDS = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: `same` in both, `gone` from the earlier one, or `new` in the later one."""

    kind: str
    text: str


def compare(before: str, after: str) -> list[Piece]:
    """The later text in pieces, with what was taken out at its place."""
    return list(_joined(_pieces(before, after)))


def _pieces(before: str, after: str) -> Iterator[Piece]:
    for split in (_WORDS, _LINES):
        old, new = split.findall(before), split.findall(after)
        head = _alike(old, new)
        tail = _alike(old[head:][::-1], new[head:][::-1])
        changed = old[head : len(old) - tail], new[head : len(new) - tail]
        if max(map(len, changed)) <= MOST:
            yield Piece("same", "".join(new[:head]))
            yield from _compared(*changed)
            yield Piece("same", "".join(new[len(new) - tail :]))
            return
    yield from (Piece("gone", before), Piece("new", after))


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _compared(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for kind, start, end, at, until in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(new[at:until]))
            continue
        yield Piece("gone", "".join(old[start:end]))
        yield Piece("new", "".join(new[at:until]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Without empty pieces, and with neighbours of one kind as one."""
    held: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if held and held.kind == piece.kind:
            held = Piece(held.kind, held.text + piece.text)
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held
