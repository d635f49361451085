"""The reviews of a task as its tab shows them: the latest first, their diffs cut to what a page can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from missioncontrol.kernel.actor import Actor
from tasks.models import Review, ReviewState, Task
from tasks.patches import Line, lines_of

from .timeline import reviews_of

MOST = 50
LINES_OF_FILE = 400
LINES_OF_PAGE = 3_000
MAX_LINE = 500


@dataclass(frozen=True, slots=True)
class FileShown:
    """One file of a changeset; `left` lines of its diff are not shown."""

    path: str
    change: str
    lines: tuple[Line, ...]
    added: int
    removed: int
    left: int


@dataclass(frozen=True, slots=True)
class ReviewShown:
    """One review; `mine` when the viewer wrote it, and so cannot answer it."""

    row: Review
    files: tuple[FileShown, ...]
    mine: bool

    @property
    def pending(self) -> bool:
        """Whether it waits for an answer."""
        return self.row.state == ReviewState.PENDING


def reviews_shown(task: Task, viewer: Actor) -> tuple[list[ReviewShown], bool]:
    """The latest reviews, newest first, and whether there are earlier ones: one query."""
    rows = list(reviews_of(task).order_by("-created_at", "-id")[: MOST + 1])
    room = LINES_OF_PAGE
    shown = []
    for row in rows[:MOST]:
        files = []
        for each in row.files:
            files.append(_file(each, min(room, LINES_OF_FILE)))
            room -= len(files[-1].lines)
        shown.append(ReviewShown(row, tuple(files), row.is_by(viewer)))
    return shown, len(rows) > MOST


def _file(each: Mapping[str, str], room: int) -> FileShown:
    diff = each.get("diff", "").rstrip("\n")
    lines = list(lines_of(diff)) if diff else []
    kinds = [line.kind for line in lines]
    kept = tuple(Line(line.kind, line.text[:MAX_LINE]) for line in islice(lines, room))
    counts = kinds.count("add"), kinds.count("del")
    return FileShown(each["path"], each["change"], kept, *counts, len(lines) - len(kept))
