"""The history as auditors read it: who, what, when, to what; page by page, or as a whole for an export."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import Q, QuerySet

from agents.models import Agent, ServiceToken
from notifications.phrasing import Said, kind_of, say, types_of
from tasks.models import Event, Membership, Project

PAGE = 50
CHUNK = 1_000
MOST = 500
HOUSE = "Mission Control"


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the history is asked for; empty values leave nothing out.

    `who` is `human:12`, `agent:<id>`, `service:<id>` or `system`; `until` is the first moment that is left out.
    """

    kind: str = ""
    who: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One event, with its words."""

    event: Event
    who: str
    kind: str
    said: Said


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody the history can be narrowed to."""

    value: str
    name: str


def entries_before(project: Project, asked: Asked, before: int | None) -> tuple[list[Entry], int | None]:
    """The latest `PAGE` entries numbered under `before`, newest first, and the number that older ones stand under."""
    rows = _narrowed(project, asked)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    events = _latest(rows, asked.kind, PAGE + 1)
    shown = events[:PAGE]
    return [entry_of(event) for event in shown], shown[-1].seq if len(events) > PAGE else None


def every_event(project: Project, asked: Asked) -> Iterator[Event]:
    """All that is asked for, oldest first, read a chunk at a time; what is written meanwhile may be among it."""
    rows = _narrowed(project, asked)
    if asked.kind:
        rows = rows.filter(type__in=types_of(asked.kind))
    last = 0
    while chunk := list(rows.filter(seq__gt=last).order_by("seq")[:CHUNK]):
        yield from chunk
        last = chunk[-1].seq


def entry_of(event: Event) -> Entry:
    """The event in words."""
    who = HOUSE if event.actor_kind == "system" else event.actor_name
    return Entry(event, who, kind_of(event.type), say(event.type, event.data))


def authors_of(project: Project) -> list[tuple[str, list[Author]]]:
    """Whom the history can be narrowed to, in groups: people of now and of before, agents, services."""
    return [
        ("People", _people(project)),
        ("Agents", _rows(Agent.objects.filter(project=project), "agent")),
        ("Services", _rows(ServiceToken.objects.filter(project=project), "service")),
        ("The house", [Author("system", HOUSE)]),
    ]


def _people(project: Project) -> list[Author]:
    rows = Membership.objects.filter(project=project).order_by("user__username")
    known: dict[object, object] = dict(rows.values_list("user_id", "user__username")[:MOST])
    gone = Event.objects.filter(project=project, type="project.member_removed").order_by("-seq")[:MOST]
    for event in gone:
        known.setdefault(event.data.get("user"), event.data.get("name"))
    return [Author(f"human:{pk}", str(name)) for pk, name in known.items()]


def _rows(rows: QuerySet[Agent] | QuerySet[ServiceToken], kind: str) -> list[Author]:
    return [Author(f"{kind}:{row.pk}", row.name) for row in rows.order_by("name")[:MOST]]


def _narrowed(project: Project, asked: Asked) -> QuerySet[Event]:
    rows = Event.objects.filter(project=project)
    kind, _, pk = asked.who.partition(":")
    if kind:
        rows = rows.filter(actor_kind=kind, **({"actor_id": pk} if pk else {}))
    if asked.target:
        rows = rows.filter(target_id=asked.target)
    bounds = Q(at__gte=asked.since) if asked.since else Q()
    return rows.filter(bounds & Q(at__lt=asked.until) if asked.until else bounds)


def _latest(rows: QuerySet[Event], kind: str, count: int) -> list[Event]:
    """Type by type, each by its own index: one list of types would let a database walk all in search of a rare one."""
    sources: Sequence[QuerySet[Event]] = [rows.filter(type=type) for type in types_of(kind)] or [rows]
    found = [list(source.order_by("-seq")[:count]) for source in sources]
    return list(islice(heapq.merge(*found, key=lambda event: event.seq, reverse=True), count))
