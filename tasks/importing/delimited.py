"""Text in columns, one record at a time, with the line each begins on. A quote that is never closed costs one line.

Python's reader splits the cells; what it lacks is knowing where a record began, and going on after a quote that
swallows the rest of the file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Bar"}
MAX_RECORD = 1_000_000
"""Characters of one record, and of one line."""

csv.field_size_limit(2 * MAX_RECORD)


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the line it begins on, from 1, and its cells; or why it cannot be read."""

    line: int
    cells: list[str] = field(default_factory=list)
    problem: str = ""


def records(stream: TextIO, delimiter: str) -> Iterator[Record]:
    """Every record that is not blank, and those that cannot be read."""
    lines = _Lines(stream)
    while (line := lines.next()) is not None:
        record = _record(lines, line, delimiter)
        if record.problem or any(cell and not cell.isspace() for cell in record.cells):
            yield record


def sniff(head: str) -> str:
    """What separates the cells of a head line: the candidate that stands in it most often outside of quotes."""
    plain = "".join(head.split('"')[::2])
    return max(DELIMITERS, key=lambda one: (plain.count(one), -list(DELIMITERS).index(one)))


class _Lines:
    """The lines of a file, counted; some can be put back to be read once more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._back: deque[str] = deque()
        self.number = 0

    def next(self) -> str | None:
        """The next line with its ending, cut off after `MAX_RECORD`; None at the end."""
        line = self._back.popleft() if self._back else self._read()
        if not line:
            return None
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        """Have these lines come next."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)

    def _read(self) -> str:
        line = self._stream.readline(MAX_RECORD + 1)
        rest = line
        while len(rest) > MAX_RECORD and not rest.endswith(("\n", "\r")):
            rest = self._stream.readline(MAX_RECORD + 1)
        return line


def _record(lines: _Lines, line: str, delimiter: str) -> Record:
    number = lines.number
    if len(line) > MAX_RECORD:
        return Record(number, problem=f"The line is longer than {MAX_RECORD:,} characters.")
    if '"' not in line:
        return Record(number, line.rstrip("\r\n").split(delimiter))
    opened = _open_after(line, delimiter, None)
    parts, size = [line], len(line)
    while opened is not None:
        more = lines.next()
        size += len(more or "")
        if more is None or size > MAX_RECORD:
            lines.put_back([*parts[1:], *([more] if more else [])])
            return Record(number, problem=_never_closed(opened))
        parts.append(more)
        opened = _open_after(more, delimiter, opened)
    return Record(number, next(csv.reader(parts, delimiter=delimiter)))


def _never_closed(opened: int) -> str:
    return f"The quote at column {opened + 1} is never closed. Close it, or double it where it belongs to the text."


def _open_after(line: str, delimiter: str, opened: int | None) -> int | None:
    """Where the quote stands that is still open at the end of `line`; `opened` was open before it."""
    at = line.find('"')
    while at >= 0:
        if opened is None:
            opened = at if at == 0 or line[at - 1] == delimiter else None
        elif line[at + 1 : at + 2] == '"':
            at += 1
        else:
            opened = None
        at = line.find('"', at + 1)
    return opened
