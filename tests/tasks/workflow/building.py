"""The statuses written out once more, a task that meets nothing, and actors by their kind."""

from __future__ import annotations

from typing import Any

from missioncontrol.kernel.actor import Actor
from tasks.models import Project
from tests.tasks.building import HOUSE, a_member, a_service, actor_of

NAMES = (
    "inbox", "ready", "assigned", "in_progress", "review", "needs_approval", "blocked", "failed", "done",
    "canceled",
)  # fmt: skip
BARE: dict[str, Any] = {"description": "", "priority": None}


def somebody(project: Project, kind: str) -> Actor:
    """An actor that is no agent, by its kind."""
    if kind == "human":
        return actor_of(a_member(project))
    if kind == "service":
        return a_service(project, "write", "operate")
    return HOUSE
