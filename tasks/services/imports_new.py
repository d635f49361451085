"""Tasks that an import brings for the first time: written many at a time, each with its one event.

They do not walk through the workflow: their source has done that, and what it tells of the way becomes their
history. One event per task says where the task came from and where it landed; nobody is notified of the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from missioncontrol.kernel.actor import Actor
from tasks.events import record_task
from tasks.importing import placing
from tasks.importing.records import ImportedMessage, TaskRecord
from tasks.models import (
    Assignment,
    BlockCause,
    ImportedTask,
    Message,
    Project,
    Source,
    Subscription,
    Task,
    TaskCounter,
    Transition,
)
from tasks.services.imports_people import LABEL_PREFIX, Directory, People
from tasks.services.labels import labels_by_name
from tasks.workflow import CLOSED, Status

MAX_LABEL = 60
BY = {"actor_kind": "service", "actor_id": "import"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the source, the people it names, and the task it became."""

    record: TaskRecord
    people: People
    task: Task


def source_ref(source: str, ref: str) -> str:
    """How an imported task is known again: the format and the id at the source."""
    return f"{source}:{ref}"


def create(
    *,
    actor: Actor,
    project: Project,
    source: str,
    records: Sequence[TaskRecord],
    directory: Directory,
    waiting: frozenset[str],
    now: datetime,
) -> list[Entry]:
    """Write the tasks of `records` with everything but their links; call it inside `unit()`.

    `waiting` holds the refs of tasks that depend on something not done.
    """
    numbers = _numbers(project, len(records))
    entries = []
    for order, (number, record) in enumerate(zip(numbers, records, strict=True)):
        people = people_of(record, record.assignees, directory)
        task = _task(project, source, number, record, people, now, order, waits=record.ref in waiting)
        entries.append(Entry(record, people, task))
    Task.objects.bulk_create([entry.task for entry in entries])
    _write_labels(project, entries)
    _write_people(entries)
    Message.objects.bulk_create([message_row(e.task, m) for e in entries for m in e.record.messages])
    Transition.objects.bulk_create([row for entry in entries for row in _history(entry)])
    ImportedTask.objects.bulk_create(
        [
            ImportedTask(task=entry.task, digest="", fields=without_links(entry.record), imported_at=now)
            for entry in entries
        ]
    )
    for entry in entries:
        record_task(entry.task, type="task.imported", actor=actor, data=_told(entry))
    return entries


def without_links(record: TaskRecord) -> dict[str, Any]:
    """What the source says, without the links that are not written yet."""
    return {**record.as_told(), "parent": None, "depends_on": []}


def people_of(record: TaskRecord, names: Sequence[str], directory: Directory) -> People:
    """Who of `names` is put on the task; on a parked one nobody is, so all stay labels."""
    return directory.find(names) if placing.takes_people(record) else People(unknown=tuple(names))


def label_names(labels: Sequence[str], people: People) -> list[str]:
    """A task's labels; who is not known here stays readable as one."""
    named = [f"{LABEL_PREFIX}{name}"[:MAX_LABEL] for name in people.unknown]
    return list(dict.fromkeys([*labels, *named]))


def message_row(task: Task, message: ImportedMessage) -> Message:
    """A message under its author's name: text only, without the rights of anybody here."""
    return Message(
        project_id=task.project_id,
        task=task,
        content=message.content,
        source_ref=message.ref,
        created_at=message.at,
        actor_name=message.author,
        **BY,
    )


def _numbers(project: Project, count: int) -> range:
    counter = TaskCounter.objects.filter(project=project)
    counter.update(last_number=F("last_number") + count)
    last = counter.values_list("last_number", flat=True).get()
    return range(last - count + 1, last + 1)


def _task(
    project: Project,
    source: str,
    number: int,
    record: TaskRecord,
    people: People,
    now: datetime,
    order: int,
    *,
    waits: bool,
) -> Task:
    status = placing.landing(record, assigned=bool(people), waits=waits)
    since = min(placing.since(record), now)
    return Task(
        project=project,
        number=number,
        key=f"{project.key_prefix}-{number}",
        title=record.title,
        description=record.description,
        type=record.type,
        priority=record.priority,
        status=status,
        status_since=since,
        # The latest change on top, as if the cards had been moved by hand; `order` keeps equal times apart.
        position=-(int(since.timestamp() * 1000) << 20) + order,
        due_at=record.due_at,
        estimate_minutes=record.estimate_minutes,
        work_plan=record.work_plan,
        deliverable=record.deliverable,
        checklist=record.checklist,
        progress=100 if status == Status.DONE else 0,
        triage_suspended=record.parked or record.status == Status.INBOX,
        message_count=len(record.messages),
        lease_s=project.lease_s,
        source=Source.IMPORT,
        source_ref=source_ref(source, record.ref),
        created_by_kind=BY["actor_kind"],
        created_by_id=BY["actor_id"],
        created_by_name=record.author,
        created_at=record.created_at,
        updated_at=now,
        started_at=record.started_at,
        submitted_at=since if status == Status.REVIEW else None,
        completed_at=since if status in CLOSED else None,
        **_block(record, status, waits=waits),
    )


def _block(record: TaskRecord, status: str, *, waits: bool) -> dict[str, str]:
    if status != Status.BLOCKED:
        return {}
    return {
        "blocked_reason": record.reason or placing.block_reason(record, waits=waits),
        "blocked_by": "system" if waits else BY["actor_kind"],
        "block_cause": BlockCause.DEPENDENCIES if waits else BlockCause.REASON,
    }


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


def _history(entry: Entry) -> Iterator[Transition]:
    """The way the source tells, ending where the task landed."""
    record, status = entry.record, Status.INBOX.value
    for change in record.history:
        if change.to != status:
            yield _transition(
                entry.task, status, change.to, at=change.at, name=change.by, reason=change.reason
            )
            status = change.to
    if status != entry.task.status:
        at, landed = entry.task.status_since, entry.task.status
        yield _transition(entry.task, status, landed, at=at, name="import", reason=record.reason)


def _transition(task: Task, origin: str, to: str, *, at: datetime, name: str, reason: str) -> Transition:
    return Transition(
        project_id=task.project_id,
        task=task,
        from_status=origin,
        to_status=to,
        at=at,
        reason=reason,
        automatic=True,
        actor_name=name or "unknown",
        **BY,
    )


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
