"""Lifting a block: back to where the task came from, or as near as the rules allow."""

from __future__ import annotations

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Refused
from tasks.models import Task, Transition
from tasks.services.transition import Step, dry_run, transition
from tasks.workflow import Status

WAYS_BACK = (Status.IN_PROGRESS, Status.ASSIGNED, Status.READY)


def unblock(*, actor: Actor, task: Task, to: str | None = None, note: str = "") -> Task:
    """Lift the block and return the task as it is afterwards.

    Without `to` it goes where it was when it was blocked; where that is not open to the actor now, to the nearest
    earlier status that is. Raises `Refused` (`not_blocked`) for a task that is not blocked, and what `transition`
    raises.
    """
    if task.status != Status.BLOCKED:
        raise Refused(f"{task.key} is {task.status}, not blocked.", code="not_blocked")
    goal = to or _way_back(actor, task, note)
    return transition(actor=actor, task=task, step=Step(to=goal, reason=note))


def _way_back(actor: Actor, task: Task, note: str) -> str:
    ways = WAYS_BACK[_first_way(task) :]
    for way in ways:
        if dry_run(actor=actor, task=task, step=Step(to=way, reason=note)).allowed:
            return way
    # Nothing is open: the refusal of the way it came from says what is missing.
    return Status.ASSIGNED if actor.is_agent and ways[0] == Status.READY else ways[0]


def _first_way(task: Task) -> int:
    came_from = (
        Transition.objects.filter(task=task, to_status=Status.BLOCKED)
        .order_by("-id")
        .values_list("from_status", flat=True)
        .first()
    )
    if came_from in {Status.INBOX, Status.READY}:
        return 1 if task.assignments.exists() else 2
    return 1 if came_from == Status.ASSIGNED else 0
