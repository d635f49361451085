"""Why nobody has taken a task: the claim's own predicates, agent by agent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agents.models import Agent
from agents.queries.claimable import crowding, hindrances, seeking
from tasks.models import SystemState, Task
from tasks.modes import strictest


def why(task: Task, now: datetime) -> dict[str, Any]:
    """What keeps each agent of the project from this task; four queries, however many agents there are."""
    mode = strictest(task.project.mode, _global_mode())
    assigned = set(task.assignments.filter(agent__isnull=False).values_list("agent_id", flat=True))
    agents = seeking(Agent.objects.filter(project_id=task.project_id, removed_at__isnull=True)).order_by(
        "slug"
    )
    crowded = crowding(task.project, task.status)
    rows = []
    for agent in agents:
        found = hindrances(agent, task, now, assigned=agent.pk in assigned, mode=mode, crowded=crowded)
        reasons = [each.message for each in found]
        if agent.offline_since is not None:
            reasons.append("It is offline.")
        rows.append({"agent": agent.slug, "name": agent.name, "eligible": not reasons, "reasons": reasons})
    return {
        "task": task.key,
        "status": task.status,
        "mode": mode,
        "summary": _summary(task, rows),
        "agents": rows,
    }


def _global_mode() -> str:
    return SystemState.objects.filter(pk=1).values_list("mode", flat=True).first() or "normal"


def _summary(task: Task, rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "The project has no agents."
    able = [row["name"] for row in rows if row["eligible"]]
    if able:
        return f"{', '.join(able[:5])} would get it with the next claim."
    shared = set.intersection(*(set(row["reasons"]) for row in rows))
    return " ".join(sorted(shared)) or "Every agent has a reason of its own."
