"""What agents are doing: derived from the tasks they hold, what they report, and when they last beat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from agents.models import MISSED_BEATS_OFFLINE, ActivityEntry, Agent
from tasks.models import Task

HINDRANCES = {"waiting": "waiting", "blocked": "blocked", "error": "blocked"}
"""Reports that count whether or not a task is held; any other means working on it, or idle without one."""


@dataclass(frozen=True, slots=True)
class Doing:
    """What one agent does now: `doing` is working, waiting, blocked, idle or offline; `since` when that began."""

    agent: Agent
    doing: str
    task: Task | None
    progress: int
    since: datetime


def is_offline(agent: Agent, now: datetime) -> bool:
    """Whether three beats in a row are missing at `now`; an agent that never beat is offline."""
    if agent.last_beat_at is None:
        return True
    silence = timedelta(seconds=agent.heartbeat_interval_s * MISSED_BEATS_OFFLINE)
    return agent.offline_since is not None or agent.last_beat_at + silence < now


def doing_now(agents: Iterable[Agent], now: datetime) -> list[Doing]:
    """What each of `agents` does; one query for the tasks of all of them."""
    rows = list(agents)
    held = held_tasks([agent.pk for agent in rows])
    return [_doing(agent, held.get(agent.pk), now) for agent in rows]


def held_tasks(agent_ids: Iterable[UUID]) -> dict[UUID, Task]:
    """The task each agent holds, the one in progress before one that is only assigned."""
    tasks = Task.objects.filter(holder_id__in=list(agent_ids)).order_by("status", "-status_since")
    # "assigned" sorts before "in_progress", so the latter is written last and stays.
    return {task.holder_id: task for task in tasks if task.holder_id is not None}


def entries_of(agent: Agent) -> QuerySet[ActivityEntry]:
    """What the agent reported, newest first."""
    return agent.activity_entries.select_related("task")


def _doing(agent: Agent, task: Task | None, now: datetime) -> Doing:
    progress = _progress(agent, task)
    if is_offline(agent, now):
        since = agent.offline_since or agent.last_beat_at or agent.created_at
        return Doing(agent, "offline", task, progress, since)
    if task is None:
        return Doing(agent, HINDRANCES.get(agent.health, "idle"), None, 0, agent.activity_since)
    doing = HINDRANCES.get(agent.health, "working")
    return Doing(agent, doing, task, progress, task.started_at or task.status_since)


def _progress(agent: Agent, task: Task | None) -> int:
    if task is None:
        return 0
    return max(task.progress, agent.reported_progress if agent.reported_task_id == task.pk else 0)


def as_mapping(entry: ActivityEntry) -> Mapping[str, Any]:
    """One reported entry as the API shows it."""
    return {
        "health": entry.health,
        "task": entry.task.key if entry.task else None,
        "progress": entry.progress,
        "note": entry.note,
        "at": entry.at,
    }
