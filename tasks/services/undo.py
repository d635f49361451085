"""Undo: taking back one's own change within a few seconds, before any agent and any bell has heard of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import DomainError, Forbidden
from missioncontrol.kernel.transactions import unit
from tasks.errors import UndoRefused
from tasks.models import Change, Event, Task
from tasks.services.access import Need, by_id, require, within_reach
from tasks.services.dependencies import recount
from tasks.services.hooks import run_undo_hooks
from tasks.services.images import columns_back, put_back_alongside, stands, value_of
from tasks.services.locking import lock_task
from tasks.services.steps import write_back

MOST_S = 60
"""How long a change can be undone at most, in seconds, however often that is prolonged."""

OPEN = Q(undone_at__isnull=True, released_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one task: as it is now, or why it stays; `ref` is its key, or the id that names no change."""

    ref: str
    task: Task | None = None
    refusal: DomainError | None = None


def get_change(actor: Actor, ref: str) -> Change:
    """The change with the id `ref`, with its project. Raises NotFound, or Forbidden for those who may only read."""
    rows = Change.objects.filter(within_reach(actor)).select_related("project", "task")
    change = by_id(rows, ref, "change")
    require(actor, change.project, Need.WRITE)
    return change


def last_change(actor: Actor, task: Task) -> Change:
    """The actor's latest change of the task that is not undone. Raises `UndoRefused` (409) when there is none."""
    mine = Change.objects.filter(task=task, undone_at=None, actor_kind=actor.kind, actor_id=actor.id)
    change = mine.select_related("project", "task").first()
    if change is None:
        raise UndoRefused(f"There is nothing of yours to undo on {task.key}.", code="nothing_to_undo")
    return change


def undo(*, actor: Actor, changes: Iterable[Change]) -> Task:
    """Take back changes of one task, the latest first, all or none, and return the task as it is afterwards.

    Status, place, assignees, reason, times and counters become what they were, and so does the lease where its holder
    can still have it. Raises `Forbidden` (`not_your_change`), or `UndoRefused` (409) with the code `undo_too_late`,
    `undone_already` or `changed_since`; then nothing was changed.
    """
    latest_first = sorted(changes, key=lambda change: (change.made_at, change.pk), reverse=True)
    for change in latest_first:
        if not change.is_by(actor):
            raise Forbidden("Only whoever made a change undoes it.", code="not_your_change")
    with unit():
        for change in latest_first:
            task = _undo_one(actor, change)
    return task


def undo_each(*, actor: Actor, refs: Iterable[str]) -> list[Undone]:
    """Undo many changes, task by task: each task in a unit of its own, and a refusal stops no other.

    Raises `Forbidden` for agents, who have none to undo.
    """
    _refuse_agents(actor)
    by_task: dict[UUID, list[Change]] = {}
    outcomes: list[Undone] = []
    for ref in dict.fromkeys(refs):
        try:
            change = get_change(actor, ref)
        except DomainError as refusal:
            outcomes.append(Undone(ref, refusal=refusal))
        else:
            by_task.setdefault(change.task_id, []).append(change)
    return outcomes + [_outcome(actor, changes) for changes in by_task.values()]


def prolong(*, actor: Actor, refs: Iterable[str]) -> datetime | None:
    """Give the actor's own open changes another full window from now, `MOST_S` from the change on at most.

    For who needs longer than the window to read and press Undo. Returns the earliest end, None when none is open.
    Raises `Forbidden` for agents, NotFound.
    """
    _refuse_agents(actor)
    ends = [end for ref in dict.fromkeys(refs) if (end := _prolong_one(actor, get_change(actor, ref)))]
    return min(ends, default=None)


def _refuse_agents(actor: Actor) -> None:
    if actor.is_agent:
        raise Forbidden("Agents' changes take effect at once and are not undone.", code="not_for_agents")


def _prolong_one(actor: Actor, change: Change) -> datetime | None:
    with unit():
        reached = [lock_task(image["task"]) for image in change.images]
        now = database_now()
        end = min(now + timedelta(seconds=settings.MC_UNDO_S), change.made_at + timedelta(seconds=MOST_S))
        mine = Change.objects.filter(OPEN, pk=change.pk, actor_kind=actor.kind, actor_id=actor.id)
        if not mine.filter(due_at__gt=now, due_at__lte=end).update(due_at=end):
            return None
        still = [task.pk for task in reached if task.held_until is not None and task.held_until > now]
        Task.objects.filter(pk__in=still, held_until__lt=end).update(held_until=end)
    return end


def release_due(*, now: datetime | None = None) -> int:
    """Let every change that nobody took back in time stand for good: now its reactions may go out.

    An undo that was first has locked the row, and is seen; one that comes later finds the change released.
    """
    moment = now or database_now()
    return Change.objects.filter(OPEN, due_at__lte=moment).update(released_at=moment)


def forget_images(*, before: datetime) -> int:
    """Empty the pictures of changes that ended before then; answers how many."""
    old = Change.objects.filter(due_at__lt=before).exclude(OPEN).exclude(images=[])
    return old.update(images=[])


def _outcome(actor: Actor, changes: list[Change]) -> Undone:
    key = changes[0].task.key
    try:
        return Undone(key, undo(actor=actor, changes=changes))
    except DomainError as refusal:
        return Undone(key, refusal=refusal)


def _undo_one(actor: Actor, change: Change) -> Task:
    """Locks are taken task first, then change; the time counts once both are held."""
    task = lock_task(change.task_id)
    change = Change.objects.select_for_update().get(pk=change.pk)
    now = database_now()
    _ensure_open(task, change, now)
    images = {UUID(image["task"]): image for image in change.images}
    main = images.pop(task.pk, None)
    if main is not None and not stands(task, main):
        raise _changed_since(task, change)
    # What followed from it goes back first: the hooks of the main step then find nothing left to mend.
    for task_id in sorted(images):
        _undo_beside(actor, change, images[task_id], now)
    task = _put_back(actor, lock_task(task.pk), change, main, now) if main is not None else task
    Change.objects.filter(pk=change.pk).update(undone_at=now)
    run_undo_hooks(task, change, actor)
    return task


def _ensure_open(task: Task, change: Change, now: datetime) -> None:
    if change.undone_at is not None:
        raise UndoRefused(f"{task.key}: this was undone already.", code="undone_already")
    if change.released_at is not None or change.due_at <= now:
        advice = {"next_action": "Move it by hand: those it concerns have been told."}
        raise UndoRefused(f"{task.key}: it is too late to undo this.", code="undo_too_late", extra=advice)


def _changed_since(task: Task, change: Change) -> UndoRefused:
    who = next(_others_since(task, change), "")
    told = f"{who} has changed {task.key} since." if who else f"{task.key} has changed since."
    advice = {"next_action": "Look at the task as it is now."}
    return UndoRefused(f"{told} It stays as it is.", code="changed_since", extra=advice)


def _others_since(task: Task, change: Change) -> Iterator[str]:
    """The names of those who did something to the task after the change, the latest first."""
    events = Event.objects.filter(project_id=task.project_id, target_id=str(task.pk), at__gte=change.made_at)
    for event in events.order_by("-seq")[:50]:
        if event.data.get("change", {}).get("id") != str(change.pk):
            yield event.actor_name


def _undo_beside(actor: Actor, change: Change, image: dict[str, Any], now: datetime) -> None:
    """Put a task back that the change reached; one that went on meanwhile only counts anew what it waits for."""
    task = lock_task(image["task"])
    if stands(task, image):
        _put_back(actor, task, change, image, now)
    else:
        recount(task)


def _put_back(actor: Actor, task: Task, change: Change, image: dict[str, Any], now: datetime) -> Task:
    put_back_alongside(task, image)
    columns = {**columns_back(image), "updated_at": now}
    if "holder_id" in image["before"]:
        columns |= _lease_back(task, change, image, now)
    return write_back(actor, task, change, columns, now)


def _lease_back(task: Task, change: Change, image: dict[str, Any], now: datetime) -> dict[str, Any]:
    """The lease as it was, its clock stopped meanwhile; or none where there was none or its holder cannot have it.

    The token stays the same as long as no other was given since. A token never goes back: otherwise the next one.
    """
    was = {name: value_of(name, value) for name, value in image["lease"].items()}
    if was["holder_id"] is None or not _may_hold_again(task, was["holder_id"]):
        last = was["holder_id"] or was["last_holder_id"]
        return {"holder_id": None, "lease_expires_at": None, "last_holder_id": last}
    same = task.lease_token == was["lease_token"]
    token = task.lease_token if same else task.lease_token + 1
    return {**was, "lease_token": token, "lease_expires_at": was["lease_expires_at"] + (now - change.made_at)}


def _may_hold_again(task: Task, agent_id: UUID) -> bool:
    """Whether the agent is still there, still on the task, and has not filled its hands meanwhile."""
    row = task.assignments.filter(agent_id=agent_id).select_related("agent").first()
    agent = row.agent if row is not None else None
    if agent is None or agent.removed_at is not None or agent.state == "quarantined":
        return False
    return Task.objects.filter(holder_id=agent_id).exclude(pk=task.pk).count() < agent.max_concurrent_tasks
