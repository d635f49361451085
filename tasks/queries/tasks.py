"""Tasks for programs: found by filters, and what hangs on them fetched in one query however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from missioncontrol.kernel.ids import parse_uuid
from missioncontrol.kernel.prepared import PreparedValues
from tasks.models import Assignment, Dependency, Label, Task
from tasks.workflow import CLOSED

PLAIN = (
    "id", "key", "number", "title", "type", "priority", "status", "status_since", "position",
    "required_skills", "due_at", "progress", "progress_note", "estimate_minutes", "actual_cost", "budget",
    "review_cycles", "blocked_reason", "blocked_by", "block_cause", "open_dependencies", "dependency_flag",
    "message_count", "abandoned_attempts", "external_chat_id", "external_thread_id", "source", "source_ref",
    "created_at", "updated_at", "started_at", "submitted_at", "completed_at", "version",
)  # fmt: skip
"""Columns that are shown as they are, in lists too."""

BEHIND = (
    "project__slug", "holder_id", "holder__slug", "lease_token", "lease_expires_at", "parent__key",
    "reviewer_agent__slug", "reviewer_agent__name", "reviewer_user__username", "reviewer_user__display_name",
    "created_by_kind", "created_by_name",
)  # fmt: skip
"""What a list reads through joins."""

ORDERINGS: Mapping[str, tuple[str, ...]] = {
    "created": ("created_at", "id"),
    "updated": ("updated_at", "id"),
    "priority": ("rank", "created_at", "id"),
    "position": ("position", "id"),
    "due": ("due_at", "id"),
}


@dataclass(frozen=True, slots=True)
class Somebody:
    """An agent (by slug) or a person (by user name) who has to do with a task."""

    kind: str
    pk: str
    slug: str
    name: str


@dataclass(slots=True)
class Related:
    """What hangs on one task."""

    labels: list[str] = field(default_factory=list)
    assignees: list[Somebody] = field(default_factory=list)
    depends_on: list[str] = field(default_factory=list)
    subtasks: int = 0
    subtasks_done: int = 0
    reviewer: Somebody | None = None
    holder: str | None = None
    parent: str | None = None

    def assignments(self) -> list[Assignment]:
        """The assignees as rows that the workflow can judge."""
        return [
            Assignment(agent_id=UUID(who.pk)) if who.kind == "agent" else Assignment(user_id=int(who.pk))
            for who in self.assignees
        ]


def related_to(ids: Iterable[UUID]) -> dict[UUID, Related]:
    """Labels, assignees, dependencies and subtasks of these tasks: one query."""
    wanted = list(ids)
    return _gathered(_together(_branches(wanted))) if wanted else {}


def related_to_one(task: Task) -> Related:
    """The same for one task, with its reviewer, holder and parent: one query."""
    return _gathered(_RELATED_TO_ONE.tuples(task=task.pk)).get(task.pk, Related())


def _branches(ids: list[UUID]) -> list[QuerySet[Any, Any]]:
    return [
        _lines(Task.labels.through.objects.filter(task__in=ids), "label", "task_id", name="label__name"),
        _people(Assignment.objects.filter(task__in=ids, agent__isnull=False), "agent"),
        _people(Assignment.objects.filter(task__in=ids, user__isnull=False), "user"),
        _lines(Dependency.objects.filter(task__in=ids), "needs", "task_id", name="depends_on__key"),
        Task.objects.filter(parent__in=ids)
        .exclude(status="canceled")
        .order_by()
        .values("parent_id", "status")
        .annotate(n=Count("id"))
        .values_list(_text("subtasks"), "parent_id", "n", "status", _text(""), _text("")),
    ]


def _named(task: UUID) -> list[QuerySet[Any, Any]]:
    mine = Task.objects.filter(pk=task)
    return [
        _lines(mine.filter(holder__isnull=False), "holder", "pk", name="holder__slug"),
        _lines(mine.filter(parent__isnull=False), "parent", "pk", name="parent__key"),
        _one(mine.filter(reviewer_agent__isnull=False), "reviewer_agent", "slug", "name"),
        _one(mine.filter(reviewer_user__isnull=False), "reviewer_user", "username", "display_name"),
    ]


def _together(branches: list[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    return branches[0].union(*branches[1:], all=True)


def _one_query(task: UUID) -> QuerySet[Any, Any]:
    return _together([*_branches([task]), *_named(task)])


_RELATED_TO_ONE = PreparedValues(_one_query, {"task": UUID("00000000-0000-7000-8000-000000000001")})


def _text(value: str) -> Value:
    return Value(value, output_field=TextField())


def _lines(rows: QuerySet[Any], kind: str, task: str, *, name: str) -> QuerySet[Any, Any]:
    number = Value(0) if task == "pk" else F("id")
    return rows.order_by().values_list(_text(kind), task, number, name, _text(""), _text(""))


def _people(rows: QuerySet[Assignment], kind: str) -> QuerySet[Any, Any]:
    slug, shown = ("slug", "name") if kind == "agent" else ("username", "display_name")
    who = Cast(f"{kind}_id", CharField())
    return rows.order_by().values_list(
        _text(kind), "task_id", F("id"), f"{kind}__{slug}", f"{kind}__{shown}", who
    )


def _one(mine: QuerySet[Task], end: str, slug: str, shown: str) -> QuerySet[Any, Any]:
    who = Cast(f"{end}_id", CharField())
    return mine.order_by().values_list(_text(end), "pk", Value(0), f"{end}__{slug}", f"{end}__{shown}", who)


def _gathered(rows: Iterable[Any]) -> dict[UUID, Related]:
    found: dict[UUID, Related] = defaultdict(Related)
    for kind, task_id, number, slug, name, who in sorted(rows, key=lambda row: row[2]):
        _add(found[task_id], kind, number, slug, name, who)
    for each in found.values():
        each.labels.sort()
    return found


def _add(related: Related, kind: str, number: int, slug: str, name: str, who: str) -> None:
    match kind:
        case "label":
            related.labels.append(slug)
        case "needs":
            related.depends_on.append(slug)
        case "subtasks":
            related.subtasks += number
            related.subtasks_done += number if slug == "done" else 0
        case "agent" | "user":
            related.assignees.append(Somebody(kind, who, slug, name or slug))
        case "reviewer_agent" | "reviewer_user":
            related.reviewer = Somebody(kind.removeprefix("reviewer_"), who, slug, name or slug)
        case "holder":
            related.holder = slug
        case "parent":
            related.parent = slug


def narrowed(tasks: QuerySet[Task], wanted: Mapping[str, Any], now: datetime) -> QuerySet[Task]:
    """The tasks that meet every filter in `wanted`, each of them once.

    Known filters: status, type, priority, source (lists); assignee, label, created_by, parent, q; updated_since;
    blocked, overdue (truth values); mine (a person's primary key).
    """
    for name, value in wanted.items():
        tasks = tasks.filter(_CONDITIONS[name](value, now))
    return tasks


def _any_of(column: str) -> Any:
    return lambda values, now: Q(**{f"{column}__in": values})


def _assigned_to(slug: str, now: datetime) -> Q:
    on_it = Assignment.objects.filter(Q(agent__slug=slug) | Q(user__username=slug), task=OuterRef("pk"))
    return Q(Exists(on_it))


def _labelled(name: str, now: datetime) -> Q:
    return Q(Exists(Label.objects.filter(tasks=OuterRef("pk"), name=name)))


def _mine(user_id: int, now: datetime) -> Q:
    on_it = Assignment.objects.filter(user_id=user_id, task=OuterRef("pk"))
    return Q(Exists(on_it)) | Q(reviewer_user_id=user_id)


def _held_by(agent_id: UUID, now: datetime) -> Q:
    on_it = Assignment.objects.filter(agent_id=agent_id, task=OuterRef("pk"))
    return Q(Exists(on_it)) | Q(reviewer_agent_id=agent_id)


def _below(ref: str, now: datetime) -> Q:
    identity = parse_uuid(ref)
    return Q(parent_id=identity) if identity else Q(parent__key=ref.upper())


def _said(text: str, now: datetime) -> Q:
    return Q(title__icontains=text) | Q(description__icontains=text) | Q(key__iexact=text)


def _turned(condition: Q, wanted: bool) -> Q:
    return condition if wanted else ~condition


_CONDITIONS: Mapping[str, Any] = {
    "status": _any_of("status"),
    "type": _any_of("type"),
    "priority": _any_of("priority"),
    "source": _any_of("source"),
    "assignee": _assigned_to,
    "label": _labelled,
    "mine": _mine,
    "my_agent": _held_by,
    "parent": _below,
    "q": _said,
    "created_by": lambda name, now: Q(created_by_name=name),
    "updated_since": lambda since, now: Q(updated_at__gte=since),
    "blocked": lambda wanted, now: _turned(Q(status="blocked") | Q(open_dependencies__gt=0), wanted),
    "overdue": lambda wanted, now: _turned(
        Q(due_at__isnull=False, due_at__lt=now) & ~Q(status__in=sorted(CLOSED)), wanted
    ),
}
