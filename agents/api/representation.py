"""How agents look in answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agents.models import FLAGS, Agent, Approval
from agents.queries.activity import is_offline
from tasks.models import Task
from tasks.services.leases import is_live

PLAIN = (
    "slug", "name", "emoji", "level", "role_text", "behaviour", "skills", "task_types", "tools",
    "state", "state_reason", "state_set_by", "state_since", "health", "health_note", "load", "error_streak",
    "last_error", "reported_spend", "last_beat_at", "offline_since", "heartbeat_interval_s",
    "max_concurrent_tasks", "max_spawn", "budget_per_day", "budget_per_run", "removed_at", "created_at",
    "updated_at", "version", *FLAGS,
)  # fmt: skip


def agent_json(agent: Agent, now: datetime) -> dict[str, Any]:
    """One agent as the API shows it; its project, operator and parent must be loaded."""
    return {
        "id": agent.pk,
        "project": agent.project.slug,
        **{name: getattr(agent, name) for name in PLAIN},
        "operator": agent.operator.username if agent.operator else None,
        "parent": agent.parent.slug if agent.parent else None,
        "offline": is_offline(agent, now),
        "next_beat_due_at": agent.next_beat_due,
    }


def task_brief(task: Task, agent: Agent, now: datetime) -> dict[str, Any]:
    """A task as heartbeats list it: one row, nothing beside it."""
    names = (
        "id", "key", "title", "type", "priority", "status", "progress", "version", "required_skills", "due_at",
        "blocked_reason", "review_cycles", "open_dependencies", "updated_at",
    )  # fmt: skip
    return {**{name: getattr(task, name) for name in names}, "lease": lease_json(task, agent, now)}


def lease_json(task: Task, agent: Agent, now: datetime) -> dict[str, Any] | None:
    """The live lease of `agent` on the task, which nobody else is shown."""
    if task.holder_id != agent.pk or not is_live(task, now):
        return None
    return {"token": task.lease_token, "expires_at": task.lease_expires_at}


def approval_brief(approval: Approval) -> dict[str, Any]:
    """A request as its requester hears of it; its task must be loaded."""
    names = ("id", "action_type", "summary", "status", "risk", "reason", "expires_at", "decided_at")
    task = approval.task.key if approval.task else None
    return {**{name: getattr(approval, name) for name in names}, "task": task}
