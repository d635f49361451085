"""Dependencies: what a task waits for. Circles are refused; the count of open ones is kept on the task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, NotFound, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import CycleRefused
from tasks.events import record_task
from tasks.models import Dependency, Task, TaskCounter, Transition, stamp
from tasks.services import leases
from tasks.services.automatic import hold_for_dependencies, release_from_dependencies
from tasks.services.family import path_told
from tasks.services.locking import lock_task, write_task
from tasks.workflow import Status

MAX_DEPENDENCIES = 200


def add_dependency(*, actor: Actor, task: Task, depends_on: Task) -> Dependency:
    """Let `task` wait for `depends_on`; the same one twice is one.

    Raises `CycleRefused` (422), which names the whole way round, when that would be a circle, `NotFound` for a task of
    another project, and for an agent what an edit of the task raises.
    """
    if task.project_id != depends_on.project_id:
        raise NotFound("There is no such task.")
    with unit():
        _serialise(task)
        task = lock_task(task.pk)
        task = _for_edit(actor, task)
        known = Dependency.objects.filter(task=task, depends_on=depends_on).first()
        if known is not None:
            return known
        _refuse_circle(task, depends_on)
        if task.dependencies.count() >= MAX_DEPENDENCIES:
            raise _too_many()
        row = Dependency.objects.create(task=task, depends_on=depends_on, **stamp(actor))
        task = recount(task)
        record_task(task, type="task.dependency_added", actor=actor, data={"depends_on": depends_on.key})
        hold_for_dependencies(task)
    return row


def remove_dependency(*, actor: Actor, task: Task, depends_on: Task) -> None:
    """Let `task` no longer wait for `depends_on`. Raises `NotFound` when it does not."""
    with unit():
        task = _for_edit(actor, lock_task(task.pk))
        removed, _ = Dependency.objects.filter(task=task, depends_on=depends_on).delete()
        if not removed:
            raise NotFound(f"{task.key} does not wait for {depends_on.key}.")
        task = recount(task)
        record_task(task, type="task.dependency_removed", actor=actor, data={"depends_on": depends_on.key})
        release_from_dependencies(task)


def recount(task: Task) -> Task:
    """Bring the stored count of open dependencies, and the flag for canceled ones, up to date."""
    rows = list(task.dependencies.values_list("depends_on__status", "depends_on__key"))
    canceled = sorted(key for status, key in rows if status == Status.CANCELED)
    flag = f"{', '.join(canceled)[:250]} will not be done." if canceled else ""
    changes: dict[str, Any] = {
        "open_dependencies": sum(status != Status.DONE for status, _ in rows),
        "dependency_flag": flag,
    }
    if all(getattr(task, name) == value for name, value in changes.items()):
        return task
    return write_task(task, **changes)


def follow_up(task: Task, row: Transition, actor: Actor) -> None:
    """After a transition: tell the tasks that wait for this one. A canceled dependency flags them, and stays open."""
    if Status.DONE not in {row.from_status, row.to_status} and row.to_status != Status.CANCELED:
        return
    waiting = Dependency.objects.filter(depends_on=task).order_by("task_id").values_list("task_id", flat=True)
    for task_id in list(waiting):
        dependent = recount(lock_task(task_id))
        if row.to_status == Status.CANCELED:
            record_task(
                dependent, type="task.dependency_canceled", actor=actor, data={"depends_on": task.key}
            )
        elif row.to_status == Status.DONE:
            release_from_dependencies(dependent)
        else:
            hold_for_dependencies(dependent)


def _too_many() -> Refused:
    told = f"A task may wait for at most {MAX_DEPENDENCIES} others."
    return Refused(told, code="too_many", errors=[FieldError("depends_on", told)])


def _for_edit(actor: Actor, task: Task) -> Task:
    columns = leases.for_edit(actor, task, database_now()) if actor.is_agent else {}
    return write_task(task, **columns) if columns else task


def _serialise(task: Task) -> None:
    TaskCounter.objects.select_for_update().get(project_id=task.project_id)


def _refuse_circle(task: Task, depends_on: Task) -> None:
    """Raise `CycleRefused` naming the way round that the new dependency would close, one query a step."""
    came_from: dict[Any, Any] = {depends_on.pk: None}
    frontier = [depends_on.pk]
    while frontier:
        if task.pk in came_from:
            raise _circle(task, [task.pk, *_way(came_from, task.pk)])
        rows = Dependency.objects.filter(task_id__in=frontier).order_by("id")
        found = rows.values_list("task_id", "depends_on_id")
        fresh = {further: behind for behind, further in found if further not in came_from}
        came_from |= fresh
        frontier = list(fresh)


def _way(came_from: Mapping[Any, Any], end: Any) -> list[Any]:
    """The tasks from the first one of the search to `end`, in the order in which they wait for each other."""
    way = [end]
    while (before := came_from[way[-1]]) is not None:
        way.append(before)
    return way[::-1]


def _circle(task: Task, way: list[Any]) -> CycleRefused:
    keys = dict(Task.objects.filter(pk__in=way).values_list("pk", "key"))
    path = [keys[pk] for pk in way]
    told = f"{task.key} would wait for itself: {path_told(path)}."
    if len(path) == 2:
        told = "A task cannot wait for itself."
    return CycleRefused(told, errors=[FieldError("depends_on", told)], extra={"path": path})
