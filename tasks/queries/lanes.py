"""Swimlanes: the cards of a column in sections, by agent, priority, parent or label.

A task is in one lane: that of its first agent, or of the first of its labels by name. What belongs to none comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce

from tasks.models import Assignment, Label, Priority, Project, Task

from .cards import Card

NONE = {"agent": "No agent", "priority": "No priority", "parent": "No parent", "label": "No label"}
"""The ways to make lanes, each with the title of the lane of what has none."""


@dataclass(slots=True)
class Section:
    """Cards of one lane in one column. Without a `title` it has no head: the page goes on with a lane begun before."""

    lane: str
    title: str = ""
    count: int = 0
    cards: list[Card] = field(default_factory=list)


def laned(tasks: QuerySet[Task], by: str) -> QuerySet[Any, Any]:
    """The tasks with their `lane`, "" for none."""
    return tasks.annotate(lane=_LANE[by])


def counts(tasks: QuerySet[Task], by: str) -> Mapping[str, Mapping[str, int]]:
    """How many tasks each lane holds, by status and lane: one query."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = laned(tasks, by).order_by().values_list("status", "lane").annotate(n=Count("pk"))
    for status, lane, number in rows:
        found[status][lane] = number
    return found


def titles(project: Project, by: str, lanes: Iterable[str]) -> Mapping[str, str]:
    """What people call these lanes: at most one query."""
    known = dict(_titles(project, by, {lane for lane in lanes if lane}))
    return known | {"": NONE[by]}


def sections(
    cards: Sequence[Card], lane_of: Mapping[UUID, str], numbers: Mapping[str, int], named: Mapping[str, str]
) -> list[Section]:
    """Cards in the order of their lanes, cut into sections."""
    return [
        Section(lane, named.get(lane, lane), numbers.get(lane, 0), list(group))
        for lane, group in groupby(cards, key=lambda card: lane_of[card.id])
    ]


def _titles(project: Project, by: str, lanes: set[str]) -> Iterable[tuple[str, str]]:
    if by == "agent":
        return project.agents.filter(slug__in=lanes).values_list("slug", "name")
    if by == "parent":
        rows = Task.objects.filter(project=project, key__in=lanes).values_list("key", "title")
        return [(key, f"{key} {title}") for key, title in rows]
    if by == "priority":
        return [(str(value), name) for value, name in Priority.choices]
    return [(lane, lane) for lane in lanes]


def _first(rows: QuerySet[Assignment] | QuerySet[Label], column: str) -> Coalesce:
    return Coalesce(Subquery(rows.values(column)[:1]), Value(""), output_field=CharField())


_LANE = {
    "agent": _first(
        Assignment.objects.filter(task=OuterRef("pk"), agent__isnull=False).order_by("id"), "agent__slug"
    ),
    "priority": Coalesce(Cast(F("priority"), CharField()), Value(""), output_field=CharField()),
    "parent": Coalesce(F("parent__key"), Value(""), output_field=CharField()),
    "label": _first(Label.objects.filter(tasks=OuterRef("pk")).order_by("name"), "name"),
}
