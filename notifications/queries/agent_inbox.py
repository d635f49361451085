"""An agent's notifications that it has not acknowledged, and what its messages are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber

from notifications.models import DeliveryState, Notification
from tasks.models import Assignment, Message

OPEN = (DeliveryState.PENDING, DeliveryState.CLAIMED, DeliveryState.DELIVERED)
THREAD = 25
"""How many of a thread's last messages an agent is shown."""


@dataclass(slots=True)
class Surroundings:
    """What is around some tasks: the end of each thread, oldest first, and who is on each, by task id."""

    threads: dict[UUID, list[Message]] = field(default_factory=dict)
    assignees: dict[UUID, list[Assignment]] = field(default_factory=dict)


def open_of(agent_id: UUID, *, after: int = 0, limit: int) -> list[Any]:
    """The agent's oldest unacknowledged notifications numbered above `after`, with one query.

    Each comes with its agent, task and project, and with `assigned`: whether the agent is on the task now.
    """
    assigned = Assignment.objects.filter(task_id=OuterRef("task_id"), agent_id=OuterRef("agent_id"))
    rows: QuerySet[Any] = Notification.objects.filter(agent_id=agent_id, state__in=OPEN, pk__gt=after)
    rows = rows.select_related("agent", "task", "project").annotate(assigned=Exists(assigned))
    return list(rows.order_by("pk")[:limit])


def surroundings_of(task_ids: Iterable[UUID]) -> Surroundings:
    """Threads and assignees of these tasks, with two queries however many there are."""
    wanted = set(task_ids)
    found = Surroundings()
    if not wanted:
        return found
    for message in reversed(_thread_ends(wanted)):
        found.threads.setdefault(message.task_id, []).append(message)
    people = Assignment.objects.filter(task_id__in=wanted).select_related("agent", "user")
    for row in people.order_by("id"):
        found.assignees.setdefault(row.task_id, []).append(row)
    return found


def _thread_ends(task_ids: set[UUID]) -> list[Message]:
    newest = Window(RowNumber(), partition_by=F("task_id"), order_by=[F("created_at").desc(), F("id").desc()])
    messages = Message.objects.filter(task_id__in=task_ids, deleted_at__isnull=True).annotate(age=newest)
    return list(messages.filter(age__lte=THREAD).order_by("-created_at", "-id"))
