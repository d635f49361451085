"""What a search finds, best first: the task whose key it is, then words in titles, then words anywhere, then events.

Inside a group the newest come first. The order is the same on every database, and total, so that a page can begin
after any hit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from agents.models import Agent
from agents.queries.search import events, matching
from agents.search_words import Wanted
from tasks.models import Assignment, Label, Message, SearchDoc, Task


class Match(IntEnum):
    """How good a hit is; lower is better."""

    KEY = 0
    TITLE = 1
    TEXT = 2
    EVENT = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: how well it matches, its place among what matches as well, its kind and its primary key."""

    match: Match
    place: int
    kind: str
    ref: Any


Before = tuple[int, int]
"""Where a page begins: after the hit with this match and place."""

Part = Callable[[int | None, int], list[Hit]]


def find(
    wanted: Wanted,
    projects: Sequence[UUID],
    *,
    limit: int,
    after: Before | None = None,
    titles_only: bool = False,
) -> list[Hit]:
    """At most `limit` hits in these projects that come after `after`: at most five queries, however much is found."""
    if wanted.is_empty or not projects:
        return []
    found: list[Hit] = []
    for match, part in _parts(wanted, projects).items():
        if len(found) >= limit or (after and match < after[0]) or (titles_only and match > Match.TITLE):
            continue
        before = after[1] if after and after[0] == match else None
        found += part(before, limit - len(found))
    return found


def _parts(wanted: Wanted, projects: Sequence[UUID]) -> dict[Match, Part]:
    agents = _agents(wanted, projects)
    parts: dict[Match, Part] = {}
    if set(wanted.kinds) - {"event"}:
        exact = _with_key(wanted.key, projects) if wanted.key else []
        narrow = _Narrowing(wanted, projects, agents, exact)
        if wanted.key:
            parts[Match.KEY] = lambda before, limit: [] if before else exact
        if wanted.terms and set(wanted.kinds) - {"message", "event"}:  # those have no title
            parts[Match.TITLE] = narrow.part(Match.TITLE, matching.with_title)
        parts[Match.TEXT] = narrow.part(Match.TEXT, matching.with_text)
    if "event" in wanted.kinds:
        parts[Match.EVENT] = lambda before, limit: [
            Hit(Match.EVENT, pk, "event", pk)
            for pk in events.find(wanted, projects, agents, before=before, limit=limit)
        ]
    return parts


def _with_key(key: str, projects: Sequence[UUID]) -> list[Hit]:
    of_key = Task.objects.filter(key=key, project__in=projects).values("pk")
    docs = SearchDoc.objects.filter(ref__in=of_key)
    return [Hit(Match.KEY, doc.pk, doc.kind, doc.ref) for doc in docs]


def _agents(wanted: Wanted, projects: Sequence[UUID]) -> list[UUID]:
    slugs = wanted.filters.get("agent")
    if not slugs:
        return []
    return list(Agent.objects.filter(project__in=projects, slug__in=slugs).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class _Narrowing:
    """What holds for every hit but the one whose key was written."""

    wanted: Wanted
    projects: Sequence[UUID]
    agents: Sequence[UUID]
    exact: Sequence[Hit]

    def part(self, match: Match, matching: Callable[..., tuple[QuerySet[Any], str]]) -> Part:
        """The hits of one group, newest first, each page by one query."""

        def rows(before: int | None, limit: int) -> list[Hit]:
            found, path = matching(self.wanted.terms, self.wanted.unwanted, self.projects)
            found = found.filter(self._conditions(path))
            if self.exact:
                found = found.exclude(pk__in=[hit.place for hit in self.exact])
            if before is not None:
                found = found.filter(pk__lt=before)
            columns = ("pk", f"{path}kind", f"{path}ref")
            return [Hit(match, *row) for row in found.order_by("-pk").values_list(*columns)[:limit]]

        return rows

    def _conditions(self, path: str) -> Q:
        narrowed = Q(**{f"{path}project__in": self.projects})
        for name, values in self.wanted.filters.items():
            if name in _CONDITIONS:
                narrowed &= _CONDITIONS[name](path, values)
        return narrowed & self._by_agents(path) if "agent" in self.wanted.filters else narrowed

    def _by_agents(self, path: str) -> Q:
        """The agents themselves, the tasks they are on, the messages they wrote."""
        on_it = Assignment.objects.filter(task=OuterRef(f"{path}ref"), agent__in=self.agents)
        wrote = Message.objects.filter(
            pk=OuterRef(f"{path}ref"), actor_kind="agent", actor_id__in=[str(pk) for pk in self.agents]
        )
        return (
            Q(**{f"{path}kind": "agent", f"{path}ref__in": self.agents})
            | (Q(**{f"{path}kind": "task"}) & Exists(on_it))
            | (Q(**{f"{path}kind": "message"}) & Exists(wrote))
        )


def _labelled(path: str, names: tuple[str, ...]) -> Q:
    return Q(Exists(Label.objects.filter(tasks=OuterRef(f"{path}task"), name__in=names)))


_CONDITIONS: Mapping[str, Callable[[str, tuple[str, ...]], Q]] = {
    "kind": lambda path, values: Q(**{f"{path}kind__in": values}),
    "status": lambda path, values: Q(**{f"{path}task__status__in": values}),
    "type": lambda path, values: Q(**{f"{path}task__type__in": values}),
    "label": _labelled,
}
