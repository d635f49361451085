"""What an agent is told of tasks while a change to them can still be undone: how they were before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from tasks.models import Change, Task
from tasks.services.images import LEASE, agents_in, value_of

SHOWN = (
    "status",
    "title",
    "description",
    "priority",
    "progress",
    "blocked_reason",
    "review_cycles",
    "open_dependencies",
)
"""The columns of a picture that a heartbeat shows or goes by."""


def open_changes(project_id: UUID, now: datetime) -> QuerySet[Change]:
    """The project's changes that can still be undone, the latest first."""
    rows = Change.objects.filter(project_id=project_id, undone_at__isnull=True, released_at__isnull=True)
    return rows.filter(due_at__gt=now)


def told_before(changes: Iterable[Change], agent_id: UUID) -> Q:
    """Tasks the agent knows that these changes reached, whatever became of them and of who is on them."""
    images = [image for change in changes for image in change.images]
    reached = [image["task"] for image in images]
    taken = [image["task"] for image in images if agent_id in agents_in(image["before"].get("assignees", ()))]
    return Q(pk__in=taken) | Q(pk__in=reached, assignments__agent_id=agent_id)


def as_before(tasks: Iterable[Task], changes: Sequence[Change], agent_id: UUID) -> list[Task]:
    """The tasks as they were before these changes (latest first), without those the agent was not on then.

    The rows are altered in memory alone, for reading.
    """
    images: dict[str, list[dict[str, Any]]] = {}
    for change in changes:
        for image in change.images:
            images.setdefault(image["task"], []).append(image)
    return [
        task for task in tasks if _was_on(_taken_back(task, images.get(str(task.pk), [])), agent_id, images)
    ]


def _taken_back(task: Task, images: Iterable[dict[str, Any]]) -> Task:
    for image in images:
        for name in SHOWN:
            if name in image["before"]:
                setattr(task, name, value_of(name, image["before"][name]))
        if "holder_id" in image["before"]:
            for name in LEASE:
                setattr(task, name, value_of(name, image["lease"][name]))
    return task


def _was_on(task: Task, agent_id: UUID, images: dict[str, list[dict[str, Any]]]) -> bool:
    """Whether the agent was on the task before the earliest change that altered who is."""
    told = [
        image["before"]["assignees"]
        for image in images.get(str(task.pk), [])
        if "assignees" in image["before"]
    ]
    return not told or agent_id in agents_in(told[-1])
