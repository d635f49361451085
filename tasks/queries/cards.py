"""Cards: what the board shows of a task. Nothing in a card depends on who looks, so one rendering serves everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.template.loader import get_template
from django.utils import timezone

from tasks.models import Assignment, Task, TaskType
from tasks.workflow import CLOSED

LABELS_SHOWN = 2
FACES_SHOWN = 3
_TYPE_NAMES = dict(TaskType.choices)
_COLUMNS = (
    "id",
    "key",
    "title",
    "type",
    "priority",
    "status",
    "status_since",
    "position",
    "progress",
    "progress_note",
    "blocked_reason",
    "dependency_flag",
    "open_dependencies",
    "message_count",
    "actual_cost",
    "due_at",
    "holder_id",
    "version",
    "project__slug",
)


@dataclass(frozen=True, slots=True)
class Face:
    """Somebody on a task. `state` is an agent's live state, "" for people."""

    slug: str
    name: str
    emoji: str
    initials: str
    is_agent: bool
    state: str


@dataclass(frozen=True, slots=True)
class Card:
    """One card, ready to render."""

    id: UUID
    key: str
    project: str
    title: str
    type: str
    priority: int | None
    status: str
    status_since: datetime
    position: int
    progress: int
    note: str
    blocked_reason: str
    dependency_flag: str
    waiting_on: int
    messages: int
    cost: Decimal
    due_at: datetime | None
    late: bool
    working: bool
    version: int
    labels: tuple[str, ...]
    faces: tuple[Face, ...]
    subtasks: int
    subtasks_done: int

    @property
    def type_name(self) -> str:
        """The task type in words."""
        return _TYPE_NAMES.get(self.type, self.type)

    @property
    def labels_shown(self) -> tuple[str, ...]:
        """The labels there is room for."""
        return self.labels[:LABELS_SHOWN]

    @property
    def labels_more(self) -> int:
        """How many labels there is no room for."""
        return max(0, len(self.labels) - LABELS_SHOWN)

    @property
    def faces_shown(self) -> tuple[Face, ...]:
        """The assignees there is room for."""
        return self.faces[:FACES_SHOWN]

    @property
    def faces_more(self) -> int:
        """How many assignees there is no room for."""
        return max(0, len(self.faces) - FACES_SHOWN)


def live_state(*, state: str, health: str, offline: bool) -> str:
    """The one word for an agent's dot: what an operator set, else offline, else what it reports."""
    if state != "active":
        return state
    return "offline" if offline else health


def initials(name: str) -> str:
    """Up to two letters for a face without a picture."""
    words = [word for word in name.replace("-", " ").replace("_", " ").split() if word[0].isalnum()]
    if not words:
        return name[:1] or "?"
    return words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]


def cards_of(tasks: QuerySet[Task]) -> list[Card]:
    """The cards of a query, in its order, with four queries however many they are."""
    rows = list(tasks.values(*_COLUMNS))
    ids = [row["id"] for row in rows]
    return _assemble(rows, faces_of(ids), _labels_of(ids), _subtasks_of(ids))


def card_of(task_id: UUID | str) -> Card | None:
    """The card of one task, or None when there is no such task."""
    found = cards_of(Task.objects.filter(pk=task_id))
    return found[0] if found else None


def render_card(card: Card) -> str:
    """The card as HTML: the same text for every viewer, in the page and in the live stream."""
    return get_template("tasks/_card.html").render({"card": card, "now": timezone.now()})


def _assemble(
    rows: Iterable[Mapping[str, Any]],
    faces: Mapping[UUID, list[Face]],
    labels: Mapping[UUID, list[str]],
    subtasks: Mapping[UUID, tuple[int, int]],
) -> list[Card]:
    now = timezone.now()
    return [
        _card(row, now, faces.get(row["id"], []), labels.get(row["id"], []), subtasks.get(row["id"], (0, 0)))
        for row in rows
    ]


def _card(
    row: Mapping[str, Any], now: datetime, faces: list[Face], labels: list[str], subtasks: tuple[int, int]
) -> Card:
    is_open = row["status"] not in CLOSED
    return Card(
        id=row["id"],
        key=row["key"],
        project=row["project__slug"],
        title=row["title"],
        type=row["type"],
        priority=row["priority"],
        status=row["status"],
        status_since=row["status_since"],
        position=row["position"],
        progress=row["progress"],
        note=row["progress_note"],
        blocked_reason=row["blocked_reason"],
        dependency_flag=row["dependency_flag"],
        waiting_on=row["open_dependencies"] if is_open else 0,
        messages=row["message_count"],
        cost=row["actual_cost"],
        due_at=row["due_at"],
        late=bool(is_open and row["due_at"] and row["due_at"] < now),
        working=row["status"] == "in_progress",
        version=row["version"],
        labels=tuple(labels),
        faces=tuple(faces),
        subtasks=subtasks[0],
        subtasks_done=subtasks[1],
    )


def faces_of(task_ids: Iterable[UUID]) -> dict[UUID, list[Face]]:
    """Who is on each task, agents and people in the order they were assigned."""
    found: dict[UUID, list[Face]] = defaultdict(list)
    rows = Assignment.objects.filter(task__in=list(task_ids)).order_by("id")
    for row in rows.values(
        "task_id",
        "agent__slug",
        "agent__name",
        "agent__emoji",
        "agent__state",
        "agent__health",
        "agent__offline_since",
        "agent__last_beat_at",
        "user__username",
        "user__display_name",
    ):
        found[row["task_id"]].append(_face(row))
    return found


def _face(row: Mapping[str, Any]) -> Face:
    if row["agent__slug"] is None:
        name = row["user__display_name"] or row["user__username"]
        return Face(row["user__username"], name, "", initials(name), False, "")
    offline = row["agent__offline_since"] is not None or row["agent__last_beat_at"] is None
    state = live_state(state=row["agent__state"], health=row["agent__health"], offline=offline)
    name = row["agent__name"]
    return Face(row["agent__slug"], name, row["agent__emoji"], initials(name), True, state)


def _labels_of(task_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    rows = Task.labels.through.objects.filter(task__in=list(task_ids)).order_by("label__name")
    for task_id, name in rows.values_list("task_id", "label__name"):
        found[task_id].append(name)
    return found


def _subtasks_of(task_ids: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    rows = (
        Task.objects.filter(parent__in=list(task_ids))
        .exclude(status="canceled")
        .values("parent_id")
        .annotate(total=Count("id"), done=Count("id", filter=Q(status="done")))
        .order_by()
    )
    return {row["parent_id"]: (row["total"], row["done"]) for row in rows}
