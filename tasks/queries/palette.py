"""Tasks for the command palette: two queries at most, however many tasks there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from django.db.models import Q, QuerySet

from tasks.models import Project, Task

SHOWN = 12
LATEST = 2_000
"""Letters that are merely in the right order are looked for in so many tasks, the latest changed first."""


class Found(NamedTuple):
    """What the palette shows of a task."""

    key: str
    title: str
    status: str


def find_tasks(project: Project, text: str) -> list[Found]:
    """The tasks whose key or title holds every word of `text`, then those that hold its letters in this order.

    Without a text: those that changed last.
    """
    rows = Task.objects.filter(project=project).order_by("-updated_at", "-pk")
    words = text.split()
    if not words:
        return _read(rows, SHOWN)
    found = _best_first(_read(rows.filter(_holding(words)), SHOWN * 4), text)[:SHOWN]
    if len(found) < SHOWN:
        known = {task.key for task in found}
        alike = (task for task in _read(rows, LATEST) if task.key not in known and _follows(text, task))
        found += islice(alike, SHOWN - len(found))
    return found


def _read(rows: QuerySet[Task], most: int) -> list[Found]:
    return [Found(*row) for row in rows.values_list("key", "title", "status")[:most]]


def _holding(words: Sequence[str]) -> Q:
    held = Q()
    for word in words[:10]:
        held &= Q(key__icontains=word) | Q(title__icontains=word)
    return held


def _best_first(tasks: Iterable[Found], text: str) -> list[Found]:
    """The task with this very key, then those whose key ends so, then those whose title begins so."""
    wanted = text.strip().lower()

    def rank(task: Found) -> int:
        key, title = task.key.lower(), task.title.lower()
        return [key == wanted, key.endswith(f"-{wanted}"), title.startswith(wanted), True].index(True)

    return sorted(tasks, key=rank)


def _follows(text: str, task: Found) -> bool:
    letters = iter(f"{task.key} {task.title}".lower())
    return all(letter in letters for letter in text.lower() if not letter.isspace())
