"""Reading one field of a row: the right type, clean text, a sane size, or BadRow with the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from missioncontrol.kernel.text import BadText, clean_line, clean_text

from .records import MAX_REF, MAX_TEXT, MAX_TITLE, BadRow

Row = Mapping[str, Any]

_SHORT_DATE = re.compile(r"(\d{2})[-/.](\d{2})[-/.](\d{2})")
_YEARS = range(1970, 2101)
_MAX_MINUTES = 2**31 - 1


def text(row: Row, name: str, *, max_length: int = MAX_TEXT) -> str:
    """Text of several lines; empty when the field is missing or null."""
    value = _string(row, name)
    try:
        return clean_text(value, max_length=max_length)
    except BadText as error:
        raise BadRow(f"{name}: {error}") from error


def line(row: Row, name: str, *, max_length: int = MAX_TITLE) -> str:
    """Text of one line; empty when the field is missing or null."""
    value = _string(row, name)
    try:
        return clean_line(value, max_length=max_length)
    except BadText as error:
        raise BadRow(f"{name}: {error}") from error


def required_line(row: Row, name: str, *, max_length: int = MAX_TITLE) -> str:
    """Text of one line that must be there."""
    value = line(row, name, max_length=max_length)
    if not value:
        raise BadRow(f"{name}: is missing.")
    return value


def identifier(row: Row, name: str) -> str:
    """An id: text, or a whole number as text."""
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return required_line(row, name, max_length=MAX_REF)


def integer(row: Row, name: str, *, low: int = 0, high: int = _MAX_MINUTES) -> int | None:
    """A whole number between `low` and `high`, or None when the field is missing or null."""
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadRow(f"{name}: must be a whole number, not {_kind(value)}.")
    if not low <= value <= high:
        raise BadRow(f"{name}: must be between {low} and {high}.")
    return value


def lines(row: Row, name: str, *, max_length: int, most: int) -> list[str]:
    """A list of one-line texts; a single text counts as a list of one. Empty when the field is missing or null."""
    value = row.get(name)
    values = value if isinstance(value, list) else [] if value in (None, "") else [value]
    if len(values) > most:
        raise BadRow(f"{name}: has {len(values)} entries; at most {most} are allowed.")
    found = [line({name: entry}, name, max_length=max_length) for entry in values]
    return [entry for entry in found if entry]


def moment(row: Row, name: str) -> datetime | None:
    """A point in time in UTC, or None when the field is missing, null or empty. Times without a zone are UTC."""
    value = _string(row, name).strip()
    if not value:
        return None
    stamp = _parse_moment(value)
    if stamp is None or stamp.year not in _YEARS:
        raise BadRow(f"{name}: “{value[:40]}” is not a date.")
    return stamp


def required_moment(row: Row, name: str) -> datetime:
    """A point in time in UTC that must be there."""
    stamp = moment(row, name)
    if stamp is None:
        raise BadRow(f"{name}: is missing.")
    return stamp


def _parse_moment(value: str) -> datetime | None:
    short = _SHORT_DATE.fullmatch(value)
    if short:
        value = f"20{short[3]}-{short[2]}-{short[1]}"
    try:
        stamp = datetime.fromisoformat(value)
        return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _string(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f"{name}: must be text, not {_kind(value)}.")
    return value


def _kind(value: object) -> str:
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
        str: "text",
    }
    return names.get(type(value), "null")
