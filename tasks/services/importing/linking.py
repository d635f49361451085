"""Parents and dependencies among imported tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import DomainError
from tasks.importing.records import Skipped
from tasks.models import Dependency, ImportedTask, Task, TaskCounter, stamp
from tasks.services.dependencies import add_dependency
from tasks.services.importing.rows import Entry
from tasks.workflow import Status


def link_new(actor: Actor, entries: Sequence[Entry], tasks: Mapping[str, Task]) -> list[Skipped]:
    """Give new tasks their parents and dependencies, and remember them as wholly imported; call it inside `unit()`.

    `tasks` holds every task of this import by its ref. The reader has cut every circle among them; where somebody
    has linked other tasks to the new ones meanwhile, each dependency is checked by itself, and those that would
    close a circle are returned.
    """
    TaskCounter.objects.select_for_update().get(project_id=entries[0].task.project_id)
    if _is_linked_to(entries, tasks):
        refused = _add_one_by_one(actor, entries, tasks)
    else:
        refused = []
        _add_together(actor, entries, tasks)
    for entry in entries:
        if entry.record.parent is not None:
            Task.objects.filter(pk=entry.task.pk).update(parent=tasks[entry.record.parent.to])
    ImportedTask.objects.bulk_update(
        [_whole(entry) for entry in entries], ["digest", "fields"], batch_size=100
    )
    return refused


def _is_linked_to(entries: Iterable[Entry], tasks: Mapping[str, Task]) -> bool:
    """Whether any task that is not part of this import waits for one of the new ones."""
    ours = {task.pk for task in tasks.values()}
    waiting = Dependency.objects.filter(depends_on__in=[entry.task.pk for entry in entries])
    return not ours.issuperset(waiting.values_list("task_id", flat=True))


def _add_one_by_one(actor: Actor, entries: Iterable[Entry], tasks: Mapping[str, Task]) -> list[Skipped]:
    refused = []
    for entry in entries:
        for link in entry.record.depends_on:
            try:
                add_dependency(actor=actor, task=entry.task, depends_on=tasks[link.to])
            except DomainError as refusal:
                place = link.place
                refused.append(Skipped(place.file, place.line, entry.record.ref, refusal.message))
    return refused


def _add_together(actor: Actor, entries: Sequence[Entry], tasks: Mapping[str, Task]) -> None:
    rows = [
        Dependency(task=entry.task, depends_on=tasks[link.to], **stamp(actor))
        for entry in entries
        for link in entry.record.depends_on
    ]
    Dependency.objects.bulk_create(rows)
    waiting: dict[Any, list[Task]] = {}
    for row in rows:
        if row.depends_on.status != Status.DONE:
            waiting.setdefault(row.task_id, []).append(row.depends_on)
    for task_id, others in waiting.items():
        canceled = sorted(other.key for other in others if other.status == Status.CANCELED)
        counted = {
            "open_dependencies": len(others),
            "dependency_flag": f"{', '.join(canceled)[:250]} will not be done." if canceled else "",
        }
        Task.objects.filter(pk=task_id).update(**counted)


def _whole(entry: Entry) -> ImportedTask:
    return ImportedTask(task=entry.task, digest=entry.record.digest(), fields=entry.record.as_told())
