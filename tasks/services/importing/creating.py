"""Tasks that an import brings for the first time: written many at a time, each with its one event.

They do not walk through the workflow: their source has done that, and what it tells of the way becomes their
history. One event per task says where the task came from and where it landed; nobody is notified of the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from missioncontrol.kernel.actor import Actor
from tasks.events import record_task
from tasks.importing import placing
from tasks.importing.records import TaskRecord, digest_of
from tasks.models import (
    Assignment,
    ImportedTask,
    Message,
    Project,
    Subscription,
    Task,
    TaskCounter,
    Transition,
)
from tasks.services.importing.directory import LABEL_PREFIX, Directory, People
from tasks.services.importing.rows import Entry, history_of, message_row, task_row
from tasks.services.labels import labels_by_name

MAX_LABEL = 60


def create(
    *,
    actor: Actor,
    project: Project,
    source: str,
    records: Sequence[TaskRecord],
    directory: Directory,
    waiting: frozenset[str],
    now: datetime,
    first: int = 0,
) -> list[Entry]:
    """Write the tasks of `records` with everything but their links; call it inside `unit()`.

    `waiting` holds the refs of tasks that depend on something not done. A task without links is wholly imported, the
    others are when `link_new` has seen them. `first` is how many tasks the same import has created before these.
    """
    if not records:
        return []
    entries = list(_entries(project, source, records, directory, waiting, now, first))
    Task.objects.bulk_create([entry.task for entry in entries])
    _write_labels(project, entries)
    _write_people(entries)
    Message.objects.bulk_create([message_row(e.task, m) for e in entries for m in e.record.messages])
    Transition.objects.bulk_create([row for entry in entries for row in history_of(entry)])
    ImportedTask.objects.bulk_create(
        [ImportedTask(task=entry.task, imported_at=now, **_known_of(entry.record)) for entry in entries]
    )
    for entry in entries:
        record_task(entry.task, type="task.imported", actor=actor, data=_told(entry))
    return entries


def without_links(record: TaskRecord) -> dict[str, Any]:
    """What the source says, without the links that are not written yet."""
    return {**record.as_told(), "parent": None, "depends_on": []}


def has_links(record: TaskRecord) -> bool:
    """Whether the source ties the task to others."""
    return bool(record.parent or record.depends_on)


def _known_of(record: TaskRecord) -> dict[str, Any]:
    if has_links(record):
        return {"digest": "", "fields": without_links(record)}
    told = record.as_told()
    return {"digest": digest_of(told), "fields": told}


def people_of(record: TaskRecord, names: Sequence[str], directory: Directory) -> People:
    """Who of `names` is put on the task; on a parked one nobody is, so all stay labels."""
    return directory.find(names) if placing.takes_people(record) else People(unknown=tuple(names))


def label_names(labels: Sequence[str], people: People) -> list[str]:
    """A task's labels; who is not known here stays readable as one."""
    named = [f"{LABEL_PREFIX}{name}"[:MAX_LABEL] for name in people.unknown]
    return list(dict.fromkeys([*labels, *named]))


def _entries(
    project: Project,
    source: str,
    records: Sequence[TaskRecord],
    directory: Directory,
    waiting: frozenset[str],
    now: datetime,
    first: int,
) -> Iterator[Entry]:
    numbers = _numbers(project, len(records))
    for order, (number, record) in enumerate(zip(numbers, records, strict=True), first):
        people = people_of(record, record.assignees, directory)
        task = task_row(
            project,
            record,
            number=number,
            source=source,
            assigned=bool(people),
            waits=record.ref in waiting,
            now=now,
        )
        task.position += order  # keeps tasks of the same moment in the order of their source
        yield Entry(record, people, task)


def _numbers(project: Project, count: int) -> range:
    counter = TaskCounter.objects.filter(project=project)
    counter.update(last_number=F("last_number") + count)
    last = counter.values_list("last_number", flat=True).get()
    return range(last - count + 1, last + 1)


def _write_labels(project: Project, entries: Iterable[Entry]) -> None:
    wanted = [
        (entry.task, name) for entry in entries for name in label_names(entry.record.labels, entry.people)
    ]
    known = labels_by_name(project, {name for _, name in wanted})
    through = Task.labels.through
    through.objects.bulk_create([through(task_id=task.pk, label_id=known[name].pk) for task, name in wanted])


def _write_people(entries: Iterable[Entry]) -> None:
    named: list[tuple[Task, dict[str, Any]]] = [
        (e.task, {"agent": agent}) for e in entries for agent in e.people.agents
    ]
    named += [(e.task, {"user": user}) for e in entries for user in e.people.users]
    Assignment.objects.bulk_create([Assignment(task=task, **who) for task, who in named])
    Subscription.objects.bulk_create([Subscription(task=task, **who) for task, who in named])


def _told(entry: Entry) -> dict[str, Any]:
    record, people = entry.record, entry.people
    return {
        "title": record.title,
        "source_ref": entry.task.source_ref,
        "after": {"status": entry.task.status},
        "assignees": {
            "agents": [str(agent.pk) for agent in people.agents],
            "users": [user.pk for user in people.users],
        },
        "parent": record.parent.to if record.parent else None,
        "depends_on": [link.to for link in record.depends_on],
        "messages": len(record.messages),
    }
