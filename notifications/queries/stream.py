"""Reading the event stream by number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from tasks.models import Event, EventStream

PAGE = 200
PAGE_BYTES = 256 * 1024
"""A page ends with the event that brings it to this much data, so that no message gets too large to send."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a project's stream stands: its epoch, its last number, and the last number retention removed."""

    epoch: str
    seq: int
    floor: int

    def serves(self, after: int) -> bool:
        """Whether everything after `after` can be served from the table."""
        return self.floor <= after <= self.seq


def head_of(project_id: UUID) -> Head:
    """Where the project's stream stands now."""
    return heads_of([project_id])[project_id]


def heads_of(project_ids: Iterable[UUID]) -> dict[UUID, Head]:
    """Where several streams stand, with one query."""
    rows = EventStream.objects.filter(project_id__in=list(project_ids))
    values = rows.values_list("project_id", "epoch", "head_seq", "floor_seq")
    return {project_id: Head(str(epoch), seq, floor) for project_id, epoch, seq, floor in values}


def events_after(project_id: UUID, after: int, *, upto: int | None = None, limit: int = PAGE) -> list[Event]:
    """At most `limit` events numbered above `after` (and not above `upto`), oldest first, cut at `PAGE_BYTES`."""
    events = Event.objects.filter(project_id=project_id, seq__gt=after)
    if upto is not None:
        events = events.filter(seq__lte=upto)
    return _cut(list(events.order_by("seq")[:limit]))


def is_full(events: list[Event]) -> bool:
    """Whether a page was cut, so that there may be more at once."""
    return len(events) >= PAGE or _size(events) >= PAGE_BYTES


def _cut(events: list[Event]) -> list[Event]:
    size = 0
    for count, event in enumerate(events, start=1):
        size += len(event.payload)
        if size >= PAGE_BYTES:
            return events[:count]
    return events


def _size(events: list[Event]) -> int:
    return sum(len(event.payload) for event in events)
