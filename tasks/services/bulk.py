"""One change to many cards: each card in a unit of its own, and what is refused is told card by card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db import Error

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.database_errors import from_database
from missioncontrol.kernel.errors import DomainError
from missioncontrol.kernel.transactions import unit
from tasks.models import Task
from tasks.recording import Recording
from tasks.services import board
from tasks.services.access import Need, get_task
from tasks.services.assigning import assign, resolve_assignees
from tasks.services.locking import lock_task
from tasks.services.tasks import edit_task
from tasks.services.transition import Step
from tasks.services.undoable import undoable

Change = Callable[[Actor, Task], Task]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one card: the task as it is now, or why it stays as it was."""

    ref: str
    task: Task | None = None
    refusal: DomainError | None = None
    made: Recording | None = None


def change_each(
    *, actor: Actor, refs: Iterable[str], change: Change, can_be_undone: bool = False
) -> list[Outcome]:
    """Make the change on each task named by key or id, in their order; a refusal stops no other card.

    With `can_be_undone` each card's change is one that can be taken back by itself (`undoable`).
    """
    return [_outcome(actor, ref, change, can_be_undone) for ref in dict.fromkeys(refs)]


def moving(step: Step) -> Change:
    """To another column, on top of it."""
    return lambda actor, task: board.move(actor=actor, task=task, step=step)


def assigning(slugs: Sequence[str], names: Sequence[str], mode: str) -> Change:
    """Put agents (slugs) and people (user names) on it, take them off, or leave only them; `mode` as in `assign`."""

    def change(actor: Actor, task: Task) -> Task:
        agents, users = resolve_assignees(task.project, slugs, names)
        return assign(actor=actor, task=task, agents=agents, users=users, mode=mode)

    return change


def labelling(add: Iterable[str], remove: Iterable[str]) -> Change:
    """Put labels on it and take others off."""
    wanted, unwanted = set(add), set(remove)

    def change(actor: Actor, task: Task) -> Task:
        with unit():
            locked = lock_task(task.pk)
            now = set(locked.labels.values_list("name", flat=True))
            changes = {"labels": sorted((now | wanted) - unwanted)}
            return edit_task(actor=actor, task=locked, changes=changes)

    return change


def prioritising(priority: int | None) -> Change:
    """Give it a priority, or take it off."""
    return lambda actor, task: edit_task(actor=actor, task=task, changes={"priority": priority})


def _outcome(actor: Actor, ref: str, change: Change, can_be_undone: bool) -> Outcome:
    try:
        with undoable(actor, wanted=can_be_undone) as made:
            task = change(actor, get_task(actor, ref, Need.WRITE))
        return Outcome(ref, task, made=made)
    except DomainError as refusal:
        return Outcome(ref, refusal=refusal)
    except Error as error:
        refused = from_database(error)
        if refused is None:
            raise
        return Outcome(ref, refusal=refused)
