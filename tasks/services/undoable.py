"""Making a change that can be undone: what it touches is noted as it was, and agents hear of it later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Forbidden
from missioncontrol.kernel.transactions import in_unit, write_last
from tasks import recording
from tasks.models import Change, Task, stamp
from tasks.recording import Recording
from tasks.services.images import image_of, picture_of

HOLDING = frozenset({"status", "holder_id", "open_dependencies"})
"""Columns with which a change reaches agents: until it stands, the task stands still for them."""


@contextmanager
def undoable(actor: Actor, *, wanted: bool = True) -> Iterator[Recording | None]:
    """Let the one service called inside make a change its actor can take back for `MC_UNDO_S` seconds.

    The recording says afterwards whether something was `kept`. None when it is not `wanted`, or when the setting is 0.
    Raises `Forbidden` for agents, whose changes take effect at once.
    """
    if not wanted or not settings.MC_UNDO_S:
        yield None
        return
    if actor.kind not in {"human", "service"}:
        raise Forbidden("Only people and services make changes that can be undone.", code="not_for_agents")
    with recording.opened(Recording(actor=actor, seconds=settings.MC_UNDO_S)) as made:
        yield made
        if in_unit():
            # Inside somebody else's transaction the commit is further away than the end of the change.
            _keep([made])


def note(task: Task) -> None:
    """Remember the task as it is before something beside its columns is written. Call it with the row locked."""
    made = recording.current()
    if made is not None:
        _note(made, task)


def noted(task: Task, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Remember the task before `changes` are written; answers the column that lets it stand still for agents."""
    made = recording.current()
    if made is None:
        return {}
    _note(made, task)
    return {"held_until": made.until} if HOLDING & changes.keys() else {}


def still() -> dict[str, Any]:
    """The column that lets a task stand still for agents, for a change beside its columns that reaches them."""
    made = recording.current()
    return {"held_until": made.until} if made is not None else {}


def _note(made: Recording, task: Task) -> None:
    if not made.before:
        made.made_at = database_now()
        made.until = made.made_at + timedelta(seconds=made.seconds)
        write_last(_keep, made)
    if task.pk not in made.before:
        made.before[task.pk] = picture_of(task)


def _keep(recordings: Sequence[Recording]) -> None:
    for made in recordings:
        if made.closed or not made.before:
            continue
        # What happens from here on, after the commit too, is no longer this change.
        made.closed = True
        _keep_one(made)


def _keep_one(made: Recording) -> None:
    tasks = Task.objects.in_bulk(list(made.before))
    images = [image_of(pk, before, picture_of(tasks[pk])) for pk, before in made.before.items()]
    kept = [image for image in images if image is not None]
    if not kept or made.made_at is None or made.until is None:
        return
    main = tasks[next(iter(made.before))]
    Change.objects.create(
        id=made.id,
        project_id=main.project_id,
        task=main,
        images=kept,
        made_at=made.made_at,
        due_at=made.until,
        **stamp(made.actor),
    )
    made.kept = True
