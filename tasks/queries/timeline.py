"""Everything that happened to a task, merged from the tables that keep it: the same number of queries at any length.

Read from the rows rather than from the stream of events: rows outlive the stream's retention, and imported ones carry
the time when they happened.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Prefetch, Q, QuerySet

from tasks.models import Event, Mention, Message, MessageType, Review, Task, Transition

Narrow = Callable[[QuerySet[Event]], QuerySet[Event]]
TOLD_BY_ROWS = ("task.created", "task.transitioned")
"""Events that the timeline shows by the rows they are about."""

ASSIGNED = ("task.assigned",)
LEASED = (
    "task.claimed",
    "task.released",
    "task.lease_granted",
    "task.lease_expired",
    "task.lease_ended",
)
KINDS = ("message", "transition", "review", "approval", "assignment", "lease", "edit")
"""What a timeline can be narrowed to; `edit` is whatever is none of the others, the creation among it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: when, what kind, and the row behind it."""

    at: datetime
    rank: int
    pk: Any
    kind: str
    row: Any

    @property
    def place(self) -> Place:
        """Where the line stands, for a page that begins after it."""
        return Place(self.at, self.rank, str(self.pk))


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the timeline: the time, the rank of the kind among what happened at once, the row's key."""

    at: datetime
    rank: int
    pk: str


@dataclass(frozen=True, slots=True)
class _Source:
    kind: str
    clock: str
    rows: Callable[[Task], QuerySet[Any]]
    key: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class _Asked:
    task: Task
    limit: int
    after: Place | None
    newest_first: bool


def messages_of(task: Task) -> QuerySet[Message]:
    """The messages of a thread with those they mention: two queries."""
    named = Mention.objects.select_related("agent", "user").order_by("id")
    return Message.objects.filter(task=task).prefetch_related(Prefetch("mentions", queryset=named))


def _own_messages_of(task: Task) -> QuerySet[Message]:
    return messages_of(task).exclude(type=MessageType.REVIEW)


def transitions_of(task: Task) -> QuerySet[Transition]:
    """The changes of a task's status."""
    return Transition.objects.filter(task=task)


def reviews_of(task: Task) -> QuerySet[Review]:
    """The peer reviews of a task."""
    return Review.objects.filter(task=task)


def _approvals_of(task: Task) -> QuerySet[Any]:
    return apps.get_model("agents", "Approval")._default_manager.filter(task=task)


def _events_of(task: Task) -> QuerySet[Event]:
    rows = Event.objects.filter(project_id=task.project_id, target_type="task", target_id=str(task.pk))
    return rows.exclude(type__in=TOLD_BY_ROWS)


def _of_types(*types: str) -> Narrow:
    return lambda rows: rows.filter(type__in=types)


def _edits(rows: QuerySet[Event]) -> QuerySet[Event]:
    return rows.exclude(type__in=(*ASSIGNED, *LEASED))


# What happens in one transaction bears one time: a review is said, then kept, then it moves the task.
_SOURCES: tuple[_Source, ...] = (
    _Source("message", "created_at", messages_of, UUID),
    _Source("review", "created_at", reviews_of, UUID),
    _Source("approval", "created_at", _approvals_of, UUID),
    _Source("transition", "at", transitions_of, int),
    _Source("event", "at", _events_of, int),
)
_EVENT_KINDS: Mapping[str, Narrow] = {
    "assignment": _of_types(*ASSIGNED),
    "lease": _of_types(*LEASED),
    "edit": _edits,
}
CREATED = -1
RANKS = range(CREATED, len(_SOURCES))


def timeline(
    task: Task,
    *,
    limit: int,
    after: Place | None = None,
    newest_first: bool = False,
    kinds: Collection[str] = (),
    repeating: bool = True,
) -> list[Entry]:
    """At most `limit` entries of the task's timeline that come after `after`, oldest first unless asked otherwise.

    `kinds` of `KINDS` leave out everything else; none leaves everything in. Without `repeating` the messages that only
    say a review again, for the thread, are left out.
    """
    asked = _Asked(task, limit, after, newest_first)
    found = [
        _read(source, rank, asked)
        for rank, source in enumerate(_narrowed(kinds, repeating))
        if source is not None
    ]
    if not kinds or "edit" in kinds:
        found.append(_creation(task, after, newest_first))
    merged = heapq.merge(*found, key=lambda entry: (entry.at, entry.rank, entry.pk), reverse=newest_first)
    return [entry for entry, _ in zip(merged, range(limit), strict=False)]


def _narrowed(kinds: Collection[str], repeating: bool) -> list[_Source | None]:
    """The sources that hold these kinds, each in its place: the rank of what it holds stays the same."""
    sources = _SOURCES if repeating else (replace(_SOURCES[0], rows=_own_messages_of), *_SOURCES[1:])
    narrow = [_EVENT_KINDS[kind] for kind in _EVENT_KINDS if kind in kinds]
    return [_part(source, kinds, narrow) for source in sources]


def _part(source: _Source, kinds: Collection[str], narrow: Sequence[Narrow]) -> _Source | None:
    if not kinds or source.kind in kinds:
        return source
    if source.kind != "event" or not narrow:
        return None
    return replace(source, rows=lambda task: _any_of(_events_of(task), narrow))


def _any_of(rows: QuerySet[Event], narrow: Sequence[Narrow]) -> QuerySet[Event]:
    first, *others = [each(rows) for each in narrow]
    for other in others:
        first = first | other
    return first


def walk(task: Task, *, most: int) -> tuple[list[Entry], bool]:
    """The latest `most` entries, oldest first, and whether there are earlier ones."""
    found = timeline(task, limit=most + 1, newest_first=True)
    return found[:most][::-1], len(found) > most


def _read(source: _Source, rank: int, asked: _Asked) -> Sequence[Entry]:
    sign = "-" if asked.newest_first else ""
    rows = source.rows(asked.task).order_by(f"{sign}{source.clock}", f"{sign}pk")
    if asked.after is not None:
        rows = rows.filter(_beyond(source, rank, asked.after, "lt" if asked.newest_first else "gt"))
    return list(_entries(source, rank, rows[: asked.limit]))


def _creation(task: Task, after: Place | None, newest_first: bool) -> Sequence[Entry]:
    """The task's creation, which is on the task itself."""
    entry = Entry(task.created_at, CREATED, task.pk, "created", task)
    if after is None:
        return [entry]
    here, there = (entry.at, entry.rank), (after.at, after.rank)
    return [entry] if (here < there if newest_first else here > there) else []


def _entries(source: _Source, rank: int, rows: QuerySet[Any]) -> Iterator[Entry]:
    for row in rows:
        yield Entry(getattr(row, source.clock), rank, row.pk, source.kind, row)


def _beyond(source: _Source, rank: int, after: Place, way: str) -> Q:
    """The rows of one source that come after a place, in the order (time, rank, key) or its reverse."""
    beyond = Q(**{f"{source.clock}__{way}": after.at})
    at_once = Q(**{source.clock: after.at})
    if rank == after.rank:
        return beyond | (at_once & Q(**{f"pk__{way}": source.key(after.pk)}))
    comes_later = rank < after.rank if way == "lt" else rank > after.rank
    return beyond | at_once if comes_later else beyond


def mentioned_in(message: Message) -> Mapping[str, list[str]]:
    """The slugs and user names that a message of `messages_of` mentions."""
    rows = list(message.mentions.all())
    return {
        "agents": [row.agent.slug for row in rows if row.agent is not None],
        "users": [row.user.username for row in rows if row.user is not None],
    }
