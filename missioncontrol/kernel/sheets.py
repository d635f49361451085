"""Cells for spreadsheets: what somebody wrote must never be run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> str:
    """The value as text that a spreadsheet shows and does not calculate: an apostrophe before what begins a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS) else text


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The rows as lines of CSV, every text cell made safe; numbers stay numbers."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([cell if isinstance(cell, int) else safe_cell(cell) for cell in row])
        yield line.getvalue()
