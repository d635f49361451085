"""Pictures of a task: what a change may alter and undo puts back, as JSON. Compared and restored value by value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tasks.models import Assignment, Label, Review, Subscription, Task, User

COLUMNS = (
    "status", "status_since", "position", "title", "description", "priority", "work_plan", "deliverable",
    "checklist", "progress", "review_cycles", "blocked_reason", "blocked_by", "block_cause", "return_status",
    "triage_suspended", "holder_id", "abandoned_attempts", "open_dependencies", "dependency_flag",
    "loop_watermark", "started_at", "submitted_at", "completed_at",
)  # fmt: skip
LEASE = ("holder_id", "last_holder_id", "lease_token", "lease_s", "lease_expires_at")
ALONGSIDE = ("assignees", "labels", "followers", "reviews")
"""What belongs to a task without being a column of it."""

Picture = dict[str, Any]


def picture_of(task: Task) -> Picture:
    """The task as it is in memory, and what stands beside it in the database: four queries."""
    return {
        **{name: _plain(getattr(task, name)) for name in COLUMNS},
        "lease": {name: _plain(getattr(task, name)) for name in LEASE},
        "held_until": _plain(task.held_until),
        "assignees": _assignees(task),
        "labels": sorted(task.labels.values_list("pk", flat=True)),
        "followers": sorted(Subscription.objects.filter(task=task).values_list("pk", flat=True)),
        "reviews": sorted(
            map(str, Review.objects.filter(task=task, state="pending").values_list("pk", flat=True))
        ),
    }


def image_of(task_id: UUID, before: Picture, after: Picture) -> dict[str, Any] | None:
    """What is kept of a change to one task: both sides of what differs. None when nothing does."""
    changed = [name for name in (*COLUMNS, *ALONGSIDE) if before[name] != after[name]]
    if not changed:
        return None
    return {
        "task": str(task_id),
        "before": {name: before[name] for name in changed},
        "after": {name: after[name] for name in changed},
        "lease": before["lease"],
        "held_until": before["held_until"],
    }


def stands(task: Task, image: Mapping[str, Any]) -> bool:
    """Whether everything the change altered is still as the change left it.

    What others did beside it (a message, a progress report, another field) does not count.
    """
    now = picture_of(task)
    compared = [name for name in image["after"] if name not in {"followers", "reviews"}]
    return all(now[name] == image["after"][name] for name in compared)


def columns_back(image: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to write so that the task is as it was, the lease left out."""
    back = {name: value for name, value in image["before"].items() if name in COLUMNS and name != "holder_id"}
    return {
        name: value_of(name, value) for name, value in {**back, "held_until": image["held_until"]}.items()
    }


def value_of(column: str, value: Any) -> Any:
    """What a picture says of a column, as the model holds it."""
    return None if value is None else Task._meta.get_field(column).to_python(value)  # type: ignore[union-attr]


def put_back_alongside(task: Task, image: Mapping[str, Any]) -> None:
    """Bring back assignees, labels, followers and reviews where the change altered them."""
    before, after = image["before"], image["after"]
    if "assignees" in before:
        _put_back_assignees(task, before["assignees"])
    if "labels" in before:
        task.labels.set(Label.objects.filter(pk__in=before["labels"]))
    if "followers" in before:
        new = set(after["followers"]) - set(before["followers"])
        Subscription.objects.filter(pk__in=new, task=task).delete()
    if "reviews" in before:
        waiting = Review.objects.filter(pk__in=before["reviews"], task=task, state="superseded")
        waiting.update(state="pending")


def agents_in(assignees: Iterable[Mapping[str, Any]]) -> set[UUID]:
    """The agents among the assignees of a picture."""
    return {UUID(who["agent"]) for who in assignees if who["agent"]}


def _assignees(task: Task) -> list[dict[str, Any]]:
    rows = Assignment.objects.filter(task=task).order_by("id")
    return [
        {"agent": _plain(agent), "user": user, "at": _plain(at)}
        for agent, user, at in rows.values_list("agent_id", "user_id", "created_at")
    ]


def _put_back_assignees(task: Task, wanted: list[dict[str, Any]]) -> None:
    """Who is gone for good meanwhile is left out."""
    users = set(User.objects.filter(pk__in=[who["user"] for who in wanted]).values_list("pk", flat=True))
    agents = set(task.project.agents.filter(pk__in=agents_in(wanted)).values_list("pk", flat=True))
    task.assignments.all().delete()
    rows = [
        Assignment(
            task=task,
            agent_id=UUID(who["agent"]) if who["agent"] else None,
            user_id=who["user"],
            created_at=datetime.fromisoformat(who["at"]),
        )
        for who in wanted
        if (UUID(who["agent"]) in agents if who["agent"] else who["user"] in users)
    ]
    Assignment.objects.bulk_create(rows)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
