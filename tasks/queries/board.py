"""The board: columns with their figures and the first cards of each, at a cost that does not grow with the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from missioncontrol.kernel.errors import Malformed
from missioncontrol.kernel.ids import parse_uuid
from missioncontrol.kernel.text import is_clean
from tasks.filter_grammar import Query
from tasks.models import Label, Priority, Project, Task, TaskType, User
from tasks.workflow import CLOSED, Status

from .cards import Card, cards_of
from .column_figures import column_figures
from .filtering import Asker, filtered
from .lanes import Section, counts, laned, sections, titles

FIRST_CARDS = 12
MORE_CARDS = 50
HINTS = {
    "inbox": "New tasks land here until somebody triages them.",
    "ready": "Triaged and free to be claimed by an agent.",
    "assigned": "Somebody has it; a work plan starts it.",
    "in_progress": "Work that is under way.",
    "review": "Handed in, waiting for a verdict.",
    "needs_approval": "Waits for a person to decide.",
    "blocked": "Stopped, with the reason on the card.",
    "failed": "Given up; a person decides what follows.",
    "done": "Finished and accepted.",
    "canceled": "Dropped for good.",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the board is narrowed to, and for whom, and what makes its lanes; an empty query shows everything."""

    query: Query = field(default_factory=Query)
    asker: Asker = field(default_factory=Asker)
    lane: str = ""

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return bool(self.query.terms)


@dataclass(slots=True)
class Column:
    """One status: its figures and its first cards."""

    status: str
    label: str
    hint: str
    count: int = 0
    cost: Decimal = Decimal(0)
    oldest: datetime | None = None
    limit: int | None = None
    cards: list[Card] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    next: str = ""

    @property
    def closed(self) -> bool:
        """Whether the work in it is over; such columns have no age worth telling."""
        return self.status in CLOSED

    @property
    def wip(self) -> str:
        """`at` or `over` the limit, or empty."""
        if not self.limit or self.count < self.limit:
            return ""
        return "at" if self.count == self.limit else "over"


def matching(project: Project, filters: Filters) -> QuerySet[Task]:
    """The project's tasks the filters let through."""
    return filtered(Task.objects.filter(project=project), filters.query, filters.asker)


def board(project: Project, filters: Filters) -> list[Column]:
    """Every column with its first cards."""
    tasks = matching(project, filters)
    columns = _columns(project, tasks)
    placed = {pk: lane for column in columns.values() for pk, lane in _first(tasks, column, filters.lane)}
    for card in _cards(placed):
        columns[card.status].cards.append(card)
    for column in columns.values():
        column.next = _cut(column, placed, FIRST_CARDS)
    _into_sections(project, tasks, filters.lane, list(columns.values()), placed)
    return list(columns.values())


def column(project: Project, filters: Filters, status: str, shown: int = FIRST_CARDS) -> Column:
    """One column with its first `shown` cards."""
    tasks = matching(project, filters).filter(status=status)
    found = _columns(project, tasks)[status]
    _fill(project, tasks, filters.lane, found, tasks, shown)
    return found


def more_cards(project: Project, filters: Filters, status: str, after: str) -> tuple[list[Section], str]:
    """The next cards of a column, in sections, and the cursor behind them. Raises Malformed for a cursor that is none.

    The first section has no head where it goes on with the lane of the cursor.
    """
    position, pk, lane = _read_cursor(after)
    behind = Q(position__gt=position) | Q(position=position, id__gt=pk)
    tasks = matching(project, filters).filter(status=status)
    rest = laned(tasks, filters.lane) if filters.lane else tasks
    rest = rest.filter(Q(lane__gt=lane) | Q(behind, lane=lane) if filters.lane else behind)
    found = Column(status, "", "")
    _fill(project, tasks, filters.lane, found, rest, MORE_CARDS)
    if found.sections and found.sections[0].lane == lane:
        found.sections[0].title = ""
    return found.sections, found.next


def above(task: Task) -> str | None:
    """The key of the card right above this one in its column, or None at the top."""
    before = Q(position__lt=task.position) | Q(position=task.position, id__lt=task.pk)
    column_tasks = Task.objects.filter(before, project_id=task.project_id, status=task.status)
    return column_tasks.order_by("-position", "-id").values_list("key", flat=True).first()


def choices(project: Project) -> dict[str, Any]:
    """What the filters offer: the project's agents and labels, types and priorities."""
    agents = project.agents.filter(removed_at__isnull=True)
    return {
        "agents": list(agents.order_by("name").values("slug", "name", "emoji", "state")),
        "labels": list(Label.objects.filter(project=project).values_list("name", flat=True)),
        "types": TaskType.choices,
        "priorities": Priority.choices,
    }


def people(project: Project) -> list[dict[str, str]]:
    """Who of the project's people can be put on a task: `slug` is the user name, `name` what is shown."""
    rows = User.objects.filter(memberships__project=project, is_active=True).order_by("username")
    return [{"slug": user.username, "name": user.shown_name} for user in rows]


def _columns(project: Project, tasks: QuerySet[Task]) -> dict[str, Column]:
    columns = {
        s.value: Column(s.value, str(s.label), HINTS[s.value], limit=project.wip_limits.get(s.value))
        for s in Status
    }
    for status, figures in column_figures(tasks).items():
        found = columns[status]
        found.count, found.oldest, found.cost = figures.count, figures.oldest, figures.cost
    return columns


def _first(tasks: QuerySet[Task], of: Column, lane: str) -> list[tuple[UUID, str]]:
    if not of.count:
        return []
    return _lined_up(tasks.filter(status=of.status), lane, FIRST_CARDS + 1)


def _lined_up(tasks: QuerySet[Task], lane: str, size: int) -> list[tuple[UUID, str]]:
    """The first tasks in the order they are shown, each with its lane."""
    if not lane:
        return [(pk, "") for pk in tasks.order_by("position", "id").values_list("pk", flat=True)[:size]]
    return list(laned(tasks, lane).order_by("lane", "position", "id").values_list("pk", "lane")[:size])


def _fill(
    project: Project, tasks: QuerySet[Task], lane: str, found: Column, source: QuerySet[Task], size: int
) -> None:
    """Put the first `size` cards of `source` into the column; `tasks` is all that is counted."""
    placed = dict(_lined_up(source, lane, size + 1))
    found.cards = _cards(placed)
    found.next = _cut(found, placed, size)
    _into_sections(project, tasks, lane, [found], placed)


def _cards(placed: Mapping[UUID, str]) -> list[Card]:
    """The cards of these tasks, in their order."""
    place = {pk: number for number, pk in enumerate(placed)}
    return sorted(cards_of(Task.objects.filter(pk__in=placed)), key=lambda card: place[card.id])


def _cut(of: Column, lane_of: Mapping[UUID, str], size: int) -> str:
    """Leave `size` cards in the column; the cursor behind them, "" where there are no more."""
    more, of.cards = len(of.cards) > size, of.cards[:size]
    last = of.cards[-1] if more else None
    return f"{last.position}.{last.id}.{lane_of[last.id]}" if last else ""


def _into_sections(
    project: Project,
    tasks: QuerySet[Task],
    lane: str,
    columns: list[Column],
    lane_of: Mapping[UUID, str],
) -> None:
    if not lane:
        for each in columns:
            each.sections = [Section("", cards=each.cards)]
        return
    numbers = counts(tasks, lane)
    named = titles(project, lane, lane_of.values())
    for each in columns:
        each.sections = sections(each.cards, lane_of, numbers.get(each.status, {}), named)


def _read_cursor(text: str) -> tuple[int, UUID, str]:
    position, _, rest = text.partition(".")
    name, _, lane = rest.partition(".")
    pk = parse_uuid(name)
    whole = position.lstrip("-").isdecimal() and len(position) <= 20 and is_clean(lane)
    if pk is None or not whole:
        raise Malformed("This is not a place in a column.")
    return max(-(2**63), min(2**63 - 1, int(position))), pk, lane
