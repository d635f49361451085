"""The things behind the hits, as they are shown: one query for each kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString

from agents.models import Agent
from agents.queries.search.finding import Hit, Match
from agents.queries.search.snippets import marked, pattern_of, snippet
from agents.search_words import Wanted
from missioncontrol.kernel.ids import parse_uuid
from tasks.models import Event, Message, Project, Task

_TASK_NAMED = ("key", "title", "status")
_TASK = (*_TASK_NAMED, "project", "description", "updated_at", "created_by_name")


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the results. `title_html` and `snippet` are safe HTML; `task` is what it is, or belongs to."""

    match: Match
    kind: str
    id: str
    project: Project
    title: str
    title_html: SafeString
    snippet: SafeString
    at: datetime
    by: str
    url: str
    task: Task | None = None
    agent: Agent | None = None


def shown(hits: Sequence[Hit], wanted: Wanted) -> list[Found]:
    """The hits as lines, in their order; at most five queries. One whose row has just gone is left out."""
    pattern = pattern_of(wanted.terms)
    by_kind = {kind: [hit.ref for hit in hits if hit.kind == kind] for kind in _LOADERS}
    rows = {kind: _LOADERS[kind](refs) if refs else {} for kind, refs in by_kind.items()}
    return [
        _SHAPES[hit.kind](hit.match, rows[hit.kind][hit.ref], pattern)
        for hit in hits
        if hit.ref in rows[hit.kind]
    ]


def _tasks(refs: Iterable[UUID]) -> dict[Any, Any]:
    rows = Task.objects.filter(pk__in=list(refs)).select_related("project").only(*_TASK)
    return {row.pk: row for row in rows}


def _messages(refs: Iterable[UUID]) -> dict[Any, Any]:
    rows = Message.objects.filter(pk__in=list(refs), deleted_at__isnull=True)
    columns = ("project", "content", "created_at", "actor_name", *(f"task__{name}" for name in _TASK_NAMED))
    return {row.pk: row for row in rows.select_related("project", "task").only(*columns)}


def _agents(refs: Iterable[UUID]) -> dict[Any, Any]:
    rows = Agent.objects.filter(pk__in=list(refs), removed_at__isnull=True)
    return {row.pk: row for row in rows.select_related("project")}


def _events(refs: Iterable[int]) -> dict[Any, Any]:
    events = list(Event.objects.filter(pk__in=list(refs)).select_related("project"))
    named = {row.target_id for row in events if row.target_type == "task"}
    ids = [pk for pk in map(parse_uuid, named) if pk]
    tasks = {str(row.pk): row for row in Task.objects.filter(pk__in=ids)} if ids else {}
    return {row.pk: (row, tasks.get(row.target_id)) for row in events}


def _task(match: Match, row: Task, pattern: re.Pattern[str]) -> Found:
    return Found(
        match, "task", str(row.pk), row.project, row.title, marked(row.title, pattern),
        snippet(row.description, pattern), row.updated_at, row.created_by_name, _address(row), task=row,
    )  # fmt: skip


def _message(match: Match, row: Message, pattern: re.Pattern[str]) -> Found:
    return Found(
        match, "message", str(row.pk), row.project, row.task.title, marked(row.task.title, pattern),
        snippet(row.content, pattern), row.created_at, row.actor_name, f"{_address(row.task, row.project)}/thread",
        task=row.task,
    )  # fmt: skip


def _agent(match: Match, row: Agent, pattern: re.Pattern[str]) -> Found:
    about = row.role_text or row.behaviour or " ".join(str(skill) for skill in row.skills)
    address = f"/p/{row.project.slug}/agents/{row.slug}"
    return Found(
        match, "agent", str(row.pk), row.project, row.name, marked(row.name, pattern),
        snippet(about, pattern), row.updated_at, "", address, agent=row,
    )  # fmt: skip


def _event(match: Match, pair: tuple[Event, Task | None], pattern: re.Pattern[str]) -> Found:
    row, task = pair
    about = snippet(task.title if task else "", pattern)
    address = f"{_address(task, row.project)}/history" if task else f"/p/{row.project.slug}"
    return Found(
        match, "event", str(row.seq), row.project, row.type, marked(row.type, pattern),
        about, row.at, row.actor_name, address, task=task,
    )  # fmt: skip


def _address(task: Task, project: Project | None = None) -> str:
    return f"/p/{(project or task.project).slug}/t/{task.key}"


_LOADERS: dict[str, Any] = {"task": _tasks, "message": _messages, "agent": _agents, "event": _events}
_SHAPES: dict[str, Any] = {"task": _task, "message": _message, "agent": _agent, "event": _event}
