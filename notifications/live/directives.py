"""What an agent's socket is told to do, read from the events of its project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications.live.frames import Batch
from notifications.services.held import change_in, due_in
from tasks.models import Event

STATE_DIRECTIVES = {"active": "resume", "paused": "pause", "drained": "drain", "quarantined": "quarantine"}


@dataclass(frozen=True, slots=True)
class Later:
    """A directive that may go out once the change stands, not before `due`."""

    change: UUID
    due: datetime
    directive: dict[str, Any]


def directives_of(batch: Batch, agent_id: str) -> Iterator[dict[str, Any]]:
    """The directives for this agent, oldest first; those of changes that can still be undone are left for later."""
    for event in batch.events:
        told = None if change_in(event) else _directive(event, agent_id)
        if told is not None:
            yield _framed(event, told)


def later_directives_of(batch: Batch, agent_id: str) -> Iterator[Later]:
    """The directives for this agent that wait until their change can no longer be undone."""
    for event in batch.events:
        change = change_in(event)
        told = _directive(event, agent_id) if change else None
        if change is not None and told is not None:
            yield Later(change, due_in(event), _framed(event, told))


def _framed(event: Event, told: dict[str, Any]) -> dict[str, Any]:
    return {"type": "directive", "seq": event.seq, **told}


def _directive(event: Event, agent_id: str) -> dict[str, Any] | None:
    data = event.data
    if event.type == "agent.state_changed" and event.target_id == agent_id:
        state = _after(data, "state")
        return {"directive": STATE_DIRECTIVES.get(state, state), "reason": _reason(data)}
    if event.type == "project.mode_changed":
        return {"directive": "mode", "mode": _after(data, "mode"), "reason": _reason(data)}
    if event.type == "task.assigned" and agent_id in _removed(data):
        return {"directive": "stop_task", "task": data.get("key"), "reason": "You were taken off the task."}
    return None


def _after(data: dict[str, Any], name: str) -> str:
    after = data.get("after")
    value = after.get(name) if isinstance(after, dict) else data.get(name)
    return str(value or "")


def _reason(data: dict[str, Any]) -> str:
    return str(data.get("reason") or _after(data, "reason"))


def _removed(data: dict[str, Any]) -> list[str]:
    removed = data.get("removed")
    return [str(agent) for agent in removed.get("agents", ())] if isinstance(removed, dict) else []
