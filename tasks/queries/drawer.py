"""The drawer: one task in full, a tab at a time, each with a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter

from django.db.models import QuerySet

from tasks.models import Label, Refusal, Task, Transition
from tasks.workflow import Status

from .cards import Face, faces_of
from .links import Links, links_of

STEPS_SHOWN = 200
_NAMES = dict(Status.choices)


@dataclass(slots=True)
class Overview:
    """What a task is about and what hangs on it."""

    labels: list[str] = field(default_factory=list)
    links: Links = field(default_factory=Links)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a task's history: a step that was taken, or one that was refused."""

    at: datetime
    origin: str
    to: str
    by: str
    by_kind: str
    reason: str
    override: bool = False
    automatic: bool = False
    refused: bool = False

    @property
    def to_name(self) -> str:
        """The status it led to, in words."""
        return _NAMES.get(self.to, self.to)

    @property
    def origin_name(self) -> str:
        """The status it came from, in words."""
        return _NAMES.get(self.origin, self.origin)


def task_in_full(tasks: QuerySet[Task], key: str) -> Task | None:
    """The task with everybody its header names, or None."""
    if not key.isprintable():  # PostgreSQL refuses to look for a NUL at all
        return None
    people = ("project", "holder", "reviewer_user", "reviewer_agent", "parent")
    return tasks.filter(key=key.upper()).select_related(*people).first()


def faces(task: Task) -> list[Face]:
    """Who is on the task."""
    return faces_of([task.pk]).get(task.pk, [])


def overview(task: Task) -> Overview:
    """The overview tab."""
    labels = Label.objects.filter(tasks=task).values_list("name", flat=True)
    return Overview(labels=list(labels), links=links_of(task))


def history(task: Task) -> list[Line]:
    """Every step and every refusal, newest first."""
    steps = Transition.objects.filter(task=task).order_by("-id")[:STEPS_SHOWN]
    refusals = Refusal.objects.filter(task=task).order_by("-id")[:STEPS_SHOWN]
    taken = [_line(row, override=row.override, automatic=row.automatic) for row in steps]
    refused = [_line(row, refused=True) for row in refusals]
    return sorted(taken + refused, key=attrgetter("at"), reverse=True)


def _line(row: Transition | Refusal, **marks: bool) -> Line:
    return Line(
        at=row.at,
        origin=row.from_status,
        to=row.to_status,
        by=row.actor_name,
        by_kind=row.actor_kind,
        reason=row.reason,
        **marks,
    )
