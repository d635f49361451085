"""What happens to a task: assignment, changes of status, leases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from notifications.handlers.registry import handles
from notifications.queries.recipients import Audience, audience, involved, operators, reviewer
from notifications.services.telling import Telling, tell
from tasks.models import Event, Task


def task_of(event: Event) -> Task | None:
    """The task the event is about, by its target or its data; None when it is about none."""
    if event.target_type == "task":
        return Task.objects.filter(pk=event.target_id).first()
    named = event.data.get("task")
    return Task.objects.filter(pk=named).first() if named else None


@handles("task.assigned")
def tell_the_newly_assigned(event: Event) -> None:
    """Everyone an act put on the task is told, whichever path assigned them."""
    task = task_of(event)
    added = audience(event.data.get("added"))
    if task is None or not added:
        return
    summary = f"{event.actor_name} assigned {task.key} to you: {task.title}"
    tell(event, [Telling("assignment", added, summary)], task=task)


@handles("task.transitioned")
def tell_of_the_step(event: Event) -> None:
    """A review asks its reviewer; everyone involved hears of the new status."""
    task = task_of(event)
    if task is None:
        return
    data = event.data
    if "undoes" in data:
        _tell_of_the_new_token(event, task, data)
        return
    if _is_housekeeping(data):
        return
    to = str(data.get("after", {}).get("status", ""))
    tellings = [Telling("status_change", involved(task), _step_told(event, task, data, to))]
    if to == "review":
        asked = f"{task.key} waits for review: {task.title}"
        tellings.insert(0, Telling("review_requested", _reviewers(task), asked))
    tell(event, tellings, task=task)


@handles("task.lease_expired")
def tell_the_last_holder(event: Event) -> None:
    """The agent whose lease ran out learns that the task is no longer its own."""
    task = task_of(event)
    holder = _holder(event.data)
    if task is None or not holder:
        return
    summary = f"Your lease on {task.key} ran out; stop working on it."
    tell(event, [Telling("status_change", holder, summary)], task=task)


@handles("task.dependency_canceled")
def tell_the_dependents(event: Event) -> None:
    """Everyone involved in a task hears that what it waits for will not be done."""
    task = task_of(event)
    if task is None:
        return
    summary = f"{task.key} waits for {event.data.get('depends_on')}, which was canceled: {task.title}"
    tell(event, [Telling("status_change", involved(task), summary)], task=task)


@handles("task.undone")
def tell_of_what_was_undone(event: Event) -> None:
    """Nobody heard of what was undone, so nobody hears of the undoing; but for who holds the task with a new token."""
    task = task_of(event)
    if task is not None:
        _tell_of_the_new_token(event, task, event.data)


def _tell_of_the_new_token(event: Event, task: Task, data: dict[str, Any]) -> None:
    lease = data.get("lease")
    if isinstance(lease, dict):
        summary = f"{task.key} is still yours; its lease now has the token {lease['token']}: {task.title}"
        tell(event, [Telling("status_change", _holder(lease), summary)], task=task)


def _is_housekeeping(data: dict[str, Any]) -> bool:
    """Whether the step only follows from triage or an assignment, which tell those they concern themselves."""
    steps = {data.get("before", {}).get("status"), data.get("after", {}).get("status")}
    return bool(data.get("automatic")) and steps <= {"inbox", "ready", "assigned"}


def _reviewers(task: Task) -> Audience:
    return reviewer(task) or operators(task.project_id)


def _step_told(event: Event, task: Task, data: dict[str, Any], to: str) -> str:
    reason = f" ({data['reason']})" if data.get("reason") else ""
    lease = data.get("lease")
    granted = f" A fresh lease is granted, token {lease['token']}." if isinstance(lease, dict) else ""
    return f"{event.actor_name} moved {task.key} to {to}: {task.title}{reason}{granted}"


def _holder(data: dict[str, Any]) -> Audience:
    named = data.get("agent") or data.get("holder")
    return Audience(agents=frozenset({UUID(str(named))})) if named else Audience()
