"""What a record of the source becomes here: rows, built and not yet written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.importing import placing
from tasks.importing.records import UNDATED, ImportedMessage, TaskRecord
from tasks.models import BlockCause, Message, Project, Source, Task, Transition
from tasks.services.importing.directory import People
from tasks.workflow import CLOSED, Status

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


def task_row(
    project: Project,
    record: TaskRecord,
    *,
    number: int,
    source: str,
    assigned: bool,
    waits: bool,
    now: datetime,
) -> Task:
    """The task as it lands on the board: its status, and since when, from what the source tells of it."""
    status = placing.landing(record, assigned=assigned, waits=waits)
    told = placing.since(record)
    since = now if told == UNDATED else min(told, now)
    return Task(
        project=project,
        number=number,
        key=f"{project.key_prefix}-{number}",
        title=record.title,
        description=record.description,
        type=record.type,
        priority=record.priority,
        status=status,
        position=_on_top(since),
        due_at=record.due_at,
        estimate_minutes=record.estimate_minutes,
        work_plan=record.work_plan,
        deliverable=record.deliverable,
        checklist=record.checklist,
        progress=100 if status == Status.DONE else 0,
        triage_suspended=record.parked or record.status == Status.INBOX,
        message_count=len(record.messages),
        lease_s=project.lease_s,
        **_origin(record, source),
        **_times(record, status, since, now),
        **_block(record, status, waits=waits),
    )


def _on_top(since: datetime) -> int:
    """The latest change on top, as if the cards had been moved by hand."""
    return -(int(since.timestamp() * 1000) << 20)


def _origin(record: TaskRecord, source: str) -> dict[str, Any]:
    return {
        "source": Source.IMPORT,
        "source_ref": source_ref(source, record.ref),
        "created_by_kind": BY["actor_kind"],
        "created_by_id": BY["actor_id"],
        "created_by_name": record.author,
    }


def _times(record: TaskRecord, status: str, since: datetime, now: datetime) -> dict[str, Any]:
    return {
        "created_at": now if record.created_at == UNDATED else record.created_at,
        "updated_at": now,
        "started_at": record.started_at,
        "status_since": since,
        "submitted_at": since if status == Status.REVIEW else None,
        "completed_at": since if status in CLOSED else None,
    }


def _block(record: TaskRecord, status: str, *, waits: bool) -> dict[str, str]:
    if status != Status.BLOCKED:
        return {}
    return {
        "blocked_reason": record.reason or placing.block_reason(record, waits=waits),
        "blocked_by": "system" if waits else BY["actor_kind"],
        "block_cause": BlockCause.DEPENDENCIES if waits else BlockCause.REASON,
    }


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


def history_of(entry: Entry) -> Iterator[Transition]:
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
