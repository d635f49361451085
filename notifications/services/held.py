"""Events of changes that can still be undone: kept back as rows until the change stands, dropped when it is undone.

A notification never seen is dropped, not contradicted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from notifications.models import HeldEvent
from tasks.models import Change, Event

BATCH = 50
SETTLED = Q(change__released_at__isnull=False) | Q(change__undone_at__isnull=False)


def change_in(event: Event) -> UUID | None:
    """The change the event is part of, None for those that take effect at once."""
    named = event.data.get("change") if '"change":' in event.payload else None
    return UUID(named["id"]) if isinstance(named, dict) and "id" in named else None


def due_in(event: Event) -> datetime:
    """When the change of the event will stand, unless it is prolonged. Call it where `change_in` named one."""
    return datetime.fromisoformat(event.data["change"]["until"])


def pass_by(consumer: str, events: Iterable[Event]) -> list[Event]:
    """Those of `events` to handle now. The others are kept for `drain`, or dropped where the change was undone."""
    named = {event.seq: change for event in events if (change := change_in(event)) is not None}
    if not named:
        return list(events)
    changes = Change.objects.in_bulk(set(named.values()))
    waiting = {seq: changes[pk] for seq, pk in named.items() if pk in changes}
    rows = [
        HeldEvent(project_id=event.project_id, consumer=consumer, seq=event.seq, change=waiting[event.seq])
        for event in events
        if event.seq in waiting and not waiting[event.seq].is_settled
    ]
    HeldEvent.objects.bulk_create(rows, ignore_conflicts=True)
    return [
        event for event in events if event.seq not in waiting or waiting[event.seq].released_at is not None
    ]


def drain(consumer: str, handle: Callable[[Event], None]) -> int:
    """Handle or drop what waited for changes that are settled now, oldest first. Answers how many."""
    total = 0
    while done := _batch(consumer, handle):
        total += done
    return total


def _batch(consumer: str, handle: Callable[[Event], None]) -> int:
    with transaction.atomic():
        rows = HeldEvent.objects.filter(SETTLED, consumer=consumer).select_related("change")
        found = list(rows.select_for_update(skip_locked=True, of=("self",)).order_by("id")[:BATCH])
        for row in found:
            if row.change.released_at is not None:
                _deliver(row, handle)
        HeldEvent.objects.filter(pk__in=[row.pk for row in found]).delete()
    return len(found)


def _deliver(row: HeldEvent, handle: Callable[[Event], None]) -> None:
    event = Event.objects.filter(project_id=row.project_id, seq=row.seq).first()
    if event is not None:
        handle(event)
