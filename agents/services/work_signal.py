"""Waking claims that wait for work: a commit in this process wakes them at once, other processes within a second."""

from __future__ import annotations

import threading
from collections import Counter
from uuid import UUID

from tasks.events import on_events
from tasks.models import Event

RECHECK_S = 1.0
WAKING = frozenset(
    {
        "task.created",
        "task.transitioned",
        "task.assigned",
        "task.undone",
        "task.updated",
        "task.dependency_removed",
        "agent.state_changed",
        "agent.updated",
        "project.updated",
        "project.mode_changed",
    }
)

_changed = threading.Condition()
_versions: Counter[UUID] = Counter()


def version(project_id: UUID) -> int:
    """A number that changes when there may be new work in the project; read it before looking for work."""
    with _changed:
        return _versions[project_id]


def wait(project_id: UUID, seen: int, timeout_s: float) -> None:
    """Return when there may be new work since `seen`, or after `timeout_s` seconds, at most a second."""
    with _changed:
        _changed.wait_for(lambda: _versions[project_id] != seen, timeout=min(timeout_s, RECHECK_S))


def register() -> None:
    """Listen to the events this process commits."""
    on_events(_heard)


def _heard(project_id: UUID, events: list[Event]) -> None:
    if any(event.type in WAKING for event in events):
        with _changed:
            _versions[project_id] += 1
            _changed.notify_all()
