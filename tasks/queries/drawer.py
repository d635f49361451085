"""The drawer: one task in full, a tab at a time, each with a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import QuerySet

from tasks.models import Dependency, Label, Message, Refusal, Review, Task, Transition
from tasks.workflow import Status

from .cards import Face, faces_of

MESSAGES_SHOWN = 100
STEPS_SHOWN = 200
SUBTASKS_SHOWN = 100
LINKED = ("key", "title", "status")
_NAMES = dict(Status.choices)


@dataclass(frozen=True, slots=True)
class Linked:
    """Another task as a line."""

    key: str
    title: str
    status: str


@dataclass(slots=True)
class Overview:
    """What a task is about and what hangs on it."""

    labels: list[str] = field(default_factory=list)
    subtasks: list[Linked] = field(default_factory=list)
    waits_for: list[Linked] = field(default_factory=list)
    holds_up: list[Linked] = field(default_factory=list)


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
    subtasks = task.subtasks.order_by("number").values_list(*LINKED)[:SUBTASKS_SHOWN]
    return Overview(
        labels=list(Label.objects.filter(tasks=task).values_list("name", flat=True)),
        subtasks=[Linked(*row) for row in subtasks],
        waits_for=_linked(Dependency.objects.filter(task=task), "depends_on"),
        holds_up=_linked(Dependency.objects.filter(depends_on=task), "task"),
    )


def _linked(rows: QuerySet[Dependency], end: str) -> list[Linked]:
    columns = [f"{end}__{name}" for name in LINKED]
    return [Linked(*row) for row in rows.order_by("id").values_list(*columns)[:SUBTASKS_SHOWN]]


def thread(task: Task) -> dict[str, Any]:
    """The latest messages, oldest first, with the reviews, and how many earlier ones there are."""
    latest = list(Message.objects.filter(task=task).order_by("-created_at", "-id")[: MESSAGES_SHOWN + 1])
    earlier = len(latest) > MESSAGES_SHOWN
    return {
        "messages": latest[:MESSAGES_SHOWN][::-1],
        "earlier": earlier,
        "reviews": list(Review.objects.filter(task=task).order_by("created_at")[:MESSAGES_SHOWN]),
    }


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
