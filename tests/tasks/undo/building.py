"""Changes that can be undone, and the clock moved past them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import F

from missioncontrol.kernel.actor import Actor
from tasks.models import Change, Task
from tasks.services import board
from tasks.services.assigning import assign
from tasks.services.transition import Step, transition
from tasks.services.undo import undo
from tasks.services.undoable import undoable

ROW = [field.attname for field in Task._meta.concrete_fields]
MOVES_ON = {"version", "updated_at", "lease_token", "lease_expires_at", "last_holder_id"}
"""What undo does not put back as it was: version and token only grow, and a lease gets back the time it stood still."""


def made(actor: Actor, change: Callable[[], Any]) -> Change:
    """A change that its actor can undo."""
    with undoable(actor) as recording:
        change()
    assert recording is not None
    return Change.objects.get(pk=recording.id)


def moved(actor: Actor, task: Task, to: str, **step: Any) -> Change:
    """A move on the board that can be undone."""
    return made(actor, lambda: board.move(actor=actor, task=task, step=Step(to=to, **step)))


def stepped(actor: Actor, task: Task, to: str, **step: Any) -> Change:
    """A step that can be undone."""
    return made(actor, lambda: transition(actor=actor, task=task, step=Step(to=to, **step)))


def assigned(actor: Actor, task: Task, **who: Any) -> Change:
    """An assignment that can be undone."""
    return made(actor, lambda: assign(actor=actor, task=task, **who))


def undone(actor: Actor, *changes: Change) -> Task:
    """The task after these were taken back."""
    return undo(actor=actor, changes=changes)


def row_of(task: Task) -> dict[str, Any]:
    """Every column of the task that undo puts back, and who is on it."""
    row = Task.objects.filter(pk=task.pk).values(*ROW).get()
    kept = {name: value for name, value in row.items() if name not in MOVES_ON}
    people = list(task.assignments.order_by("id").values_list("agent_id", "user_id", "created_at"))
    return {**kept, "assignees": people, "labels": sorted(task.labels.values_list("name", flat=True))}


def let_time_pass(seconds: float = 9.0) -> None:
    """As if everything had happened so much earlier: the windows are over."""
    ago = timedelta(seconds=seconds)
    Change.objects.update(made_at=F("made_at") - ago, due_at=F("due_at") - ago)
    Task.objects.filter(held_until__isnull=False).update(held_until=F("held_until") - ago)
