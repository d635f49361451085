"""The one place that writes events: dense numbers, in commit order, chained by hash, in the writer's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.transactions import write_last
from tasks.models import Event, EventStream, Task, stamp
from tasks.recording import mark

Listener = Callable[[UUID, "list[Event]"], None]
_listeners: list[Listener] = []


@dataclass(frozen=True, slots=True)
class _Entry:
    project_id: UUID
    type: str
    actor: Actor
    target_type: str
    target_id: str
    payload: str


def on_events(listener: Listener) -> None:
    """Call `listener(project_id, events)` after each commit that wrote events.

    It runs in the writer's thread, after the answer is decided: it must be quick and may be lost, so it only nudges
    what reads the stream.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def record(
    *,
    project_id: UUID,
    type: str,
    actor: Actor,
    target: tuple[str, Any],
    data: Mapping[str, Any] | None = None,
) -> None:
    """Leave one event to be written at the end of the open unit of work.

    `target` is (kind, id), for instance ("task", task.id); `data` holds `before`, `after` and what readers need.
    Raises RuntimeError outside `unit()`.
    """
    payload = canonical({**(data or {}), **mark()})
    write_last(_write, _Entry(project_id, type, actor, target[0], str(target[1]), payload))


def record_task(task: Task, *, type: str, actor: Actor, data: Mapping[str, Any] | None = None) -> None:
    """Leave one event about a task; its key and status now travel with it."""
    shown = {"key": task.key, "status": task.status, "version": task.version, **(data or {})}
    record(project_id=task.project_id, type=type, actor=actor, target=("task", task.id), data=shown)


def canonical(data: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces: the bytes that are hashed."""
    return orjson.dumps(data, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z).decode()


def digest(event: Event) -> str:
    """The event's link: SHA-256 over the previous link and everything the row says."""
    said = [
        event.prev_hash,
        str(event.project_id),
        event.seq,
        event.type,
        event.actor_kind,
        event.actor_id,
        event.actor_name,
        event.target_type,
        event.target_id,
        event.at.isoformat(),
        event.payload,
    ]
    return hashlib.sha256(orjson.dumps(said)).hexdigest()


def _write(entries: Sequence[_Entry]) -> None:
    by_project: dict[UUID, list[_Entry]] = {}
    for entry in entries:
        by_project.setdefault(entry.project_id, []).append(entry)
    for project_id in sorted(by_project):
        _append(project_id, by_project[project_id])


def _append(project_id: UUID, entries: list[_Entry]) -> None:
    streams = EventStream.objects.filter(project_id=project_id)
    seq, link = streams.select_for_update().values_list("head_seq", "head_hash").get()
    now = timezone.now()
    events = []
    for entry in entries:
        seq += 1
        event = Event(
            project_id=project_id,
            seq=seq,
            type=entry.type,
            target_type=entry.target_type,
            target_id=entry.target_id,
            payload=entry.payload,
            at=now,
            prev_hash=link,
            **stamp(entry.actor),
        )
        event.hash = link = digest(event)
        events.append(event)
    Event.objects.bulk_create(events)
    streams.update(head_seq=seq, head_hash=link)
    transaction.on_commit(lambda: _tell(project_id, events), robust=True)


def _tell(project_id: UUID, events: list[Event]) -> None:
    for listener in _listeners:
        listener(project_id, events)
