"""The words of many trackers for status, priority and type, in ours; for formats that let teams choose their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from . import backlog_task

STATUSES: Mapping[str, str] = {
    **backlog_task.STATUSES,
    "inbox": "inbox",
    "new": "inbox",
    "triage": "inbox",
    "icebox": "inbox",
    "idea": "inbox",
    "ideas": "inbox",
    "planned": "ready",
    "next": "ready",
    "next up": "ready",
    "unstarted": "ready",
    "not started": "ready",
    "selected for development": "ready",
    "reopened": "ready",
    "pending": "ready",
    "assigned": "assigned",
    "started": "in_progress",
    "active": "in_progress",
    "ongoing": "in_progress",
    "in development": "in_progress",
    "wip": "in_progress",
    "working": "in_progress",
    "waiting": "blocked",
    "on hold": "blocked",
    "stuck": "blocked",
    "code review": "review",
    "qa": "review",
    "ready for review": "review",
    "failed": "failed",
    "resolved": "done",
    "finished": "done",
    "shipped": "done",
    "fixed": "done",
    "duplicate": "canceled",
    "rejected": "canceled",
    "abandoned": "canceled",
    "obsolete": "canceled",
    "not planned": "canceled",
}
PRIORITIES: Mapping[str, int] = {
    **dict.fromkeys(("critical", "urgent", "highest", "blocker", "asap", "p0", "0"), 1),
    **dict.fromkeys(("high", "major", "important", "p1", "1"), 2),
    **dict.fromkeys(("", "normal", "medium", "moderate", "none", "no priority", "p2", "2"), 3),
    **dict.fromkeys(("low", "lowest", "minor", "trivial", "p3", "p4", "3", "4"), 4),
}
TYPES: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "content",
            "social",
            "email_marketing",
            "customer_research",
            "seo_research",
            "engineering",
            "docs",
            "ops",
        )
    },
    "documentation": "docs",
    "chore": "ops",
    "operations": "ops",
}

_NUMBERED = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_YEARS = range(1970, 2101)


def plain(word: str) -> str:
    """A word as the tables above spell it."""
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())


def status(word: str) -> str | None:
    """Our status for a word of another tracker, or None when it is not known."""
    spelled = plain(word)
    return STATUSES.get(spelled) or STATUSES.get(spelled.replace(" ", "_"))


def moment(text: str) -> datetime | None:
    """A point in time in UTC, or None when the text is no date: ISO 8601, or numbers with the day before the month.

    Where only the other order makes a date (`02/27/2026`), that one is taken.
    """
    text = text.strip()
    try:
        stamp = datetime.fromisoformat(text)
        stamp = stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return _numbered(text)
    return stamp if stamp.year in _YEARS else None


def _numbered(text: str) -> datetime | None:
    match = _NUMBERED.fullmatch(text)
    if match is None:
        return None
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    hour, minute, second_of = (int(part or 0) for part in match.groups()[4:])
    orders = (
        [(first, second, third)] if len(match[1]) == 4 else [(third, second, first), (third, first, second)]
    )
    for year, month, day in orders:
        try:
            stamp = datetime(
                year + 2000 if year < 100 else year, month, day, hour, minute, second_of, tzinfo=UTC
            )
        except ValueError:
            continue
        return stamp if stamp.year in _YEARS else None
    return None
