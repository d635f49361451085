"""Notifications of agents as the API, the heartbeat and the socket show them, with the message each one is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from notifications.models import Notification
from notifications.queries.agent_inbox import surroundings_of
from notifications.services.message import compose, letter_for


def letters(rows: Iterable[Notification]) -> list[dict[str, Any]]:
    """Notifications, loaded with agent and task, each with its message; two queries more."""
    wanted = list(rows)
    around = surroundings_of(row.task_id for row in wanted if row.task_id is not None)
    return [{**shown(row), "message": compose(letter_for(row, around))} for row in wanted]


def shown(row: Notification) -> dict[str, Any]:
    """A notification of an agent without its message."""
    return {
        "id": str(row.pk),
        "cursor": str(row.pk),
        "type": row.type,
        "task": row.task.key if row.task else None,
        "status": row.task.status if row.task else None,
        "summary": row.summary,
        "actor": {"kind": row.actor_kind, "name": row.actor_name},
        "event": row.seq,
        "state": row.state,
        "created_at": row.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
