"""The relay: drains the event stream by number, per project and consumer, so that no event is lost or read twice.

Whoever runs it first takes a project's cursor; a second run beside it passes that project over. Events and cursor
move in one transaction, each event inside a savepoint of its own: what fails is recorded and passed over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from notifications.models import RelayCursor, RelayFailure
from notifications.services import held
from tasks.models import Event, EventStream
from tasks.services.undo import release_due

logger = logging.getLogger("missioncontrol.relay")

BATCH = 50
PASSING = (OperationalError, InterfaceError)
"""The database is busy or gone: nothing the event is to blame for, so the batch is tried again."""

Handle = Callable[[Event], None]


def drain(*, consumer: str, handle: Handle) -> int:
    """Give every event `consumer` has not seen to `handle`, in order of number. Returns how many were read.

    What belongs to a change that can still be undone waits as a row of its own, and stops nothing behind it.
    """
    release_due()
    read = sum(_drain_project(project_id, consumer, handle) for project_id in _behind(consumer))
    return read + held.drain(consumer, lambda event: _handle(consumer, event, handle))


def retry(*, failure: RelayFailure, handle: Handle) -> bool:
    """Handle a failed event once more. True when it succeeded, and the failure is forgotten."""
    event = Event.objects.filter(project_id=failure.project_id, seq=failure.seq).first()
    fence = _Fence()
    with fence, transaction.atomic():
        if event is not None:
            handle(event)
        failure.delete()
    return fence.error is None


def _behind(consumer: str) -> list[UUID]:
    """Projects whose stream goes beyond the consumer's cursor."""
    _ensure_cursors(consumer)
    cursors = RelayCursor.objects.filter(consumer=consumer, seq__lt=F("project__stream__head_seq"))
    return list(cursors.values_list("project_id", flat=True))


def _ensure_cursors(consumer: str) -> None:
    known = RelayCursor.objects.filter(consumer=consumer, project_id=OuterRef("project_id"))
    new = EventStream.objects.filter(~Exists(known)).values_list("project_id", flat=True)
    rows = [RelayCursor(project_id=project_id, consumer=consumer) for project_id in new]
    if rows:
        RelayCursor.objects.bulk_create(rows, ignore_conflicts=True)


def _drain_project(project_id: UUID, consumer: str, handle: Handle) -> int:
    total = 0
    while read := _batch(project_id, consumer, handle):
        total += read
    return total


def _batch(project_id: UUID, consumer: str, handle: Handle) -> int:
    with transaction.atomic():
        rows = RelayCursor.objects.select_for_update(skip_locked=True, of=("self",))
        cursor = rows.filter(project_id=project_id, consumer=consumer).first()
        if cursor is None:
            return 0
        events = list(Event.objects.filter(project_id=project_id, seq__gt=cursor.seq).order_by("seq")[:BATCH])
        for event in held.pass_by(consumer, events):
            _handle(consumer, event, handle)
        if events:
            _advance(cursor, events[-1].seq)
        return len(events)


def _advance(cursor: RelayCursor, seq: int) -> None:
    RelayCursor.objects.filter(pk=cursor.pk, seq=cursor.seq).update(seq=seq, updated_at=timezone.now())


def _handle(consumer: str, event: Event, handle: Handle) -> None:
    fence = _Fence()
    with fence, transaction.atomic():
        handle(event)
    if fence.error is not None:
        _record_failure(consumer, event, fence.error)


def _record_failure(consumer: str, event: Event, error: Exception) -> None:
    logger.error("%s failed on event %s of %s", consumer, event.seq, event.project_id, exc_info=error)
    told = f"{type(error).__name__}: {error}".replace("\x00", "")[:500]
    key = {"project_id": event.project_id, "consumer": consumer, "seq": event.seq}
    RelayFailure.objects.get_or_create(**key, defaults={"error": told})


class _Fence:
    """Holds back what one event does wrong; passing trouble of the database goes through."""

    error: Exception | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception) or isinstance(error, PASSING):
            return False
        self.error = error
        return True
