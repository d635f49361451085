"""What operators do to agents while they run: pause, drain, quarantine, resume, one by one or all at once.

The state an operator sets is kept apart from the health an agent reports; no agent changes anybody's state, its own
least of all.
"""

from __future__ import annotations

from typing import Any

from agents.models import Agent, AgentState
from agents.services import leasing
from agents.services.registry import lock_agent, write_agent
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.transactions import unit
from tasks.models import Project
from tasks.services.access import Need, require

STATE_AFTER = {
    "pause": AgentState.PAUSED.value,
    "resume": AgentState.ACTIVE.value,
    "drain": AgentState.DRAINED.value,
    "quarantine": AgentState.QUARANTINED.value,
}
"""The orders an operator gives, and the state each leads to."""


def order(*, actor: Actor, agent: Agent, action: str, reason: str = "") -> Agent:
    """Give one of the orders of `STATE_AFTER` and return the agent as it is then.

    A paused agent keeps its leases until they expire; a quarantined one loses them at once and its tasks return to
    the pool. The state it has already: no change. Raises Forbidden without the right to operate.
    """
    require(actor, agent.project, Need.OPERATE)
    state = STATE_AFTER[action]
    with unit():
        agent = _set(actor, lock_agent(agent), state, reason)
    if state == AgentState.QUARANTINED:
        leasing.take_away(actor=actor, agent=agent, reason=reason or f"{agent.name} was quarantined.")
    return agent


def pause_all(*, actor: Actor, project: Project, reason: str = "") -> list[Agent]:
    """Pause every agent of the project that is active or drained; returns those. Raises Forbidden."""
    require(actor, project, Need.OPERATE)
    with unit():
        running = _of(project, state__in=[AgentState.ACTIVE, AgentState.DRAINED])
        return [_pause_with_all(actor, agent, reason) for agent in running]


def resume_all(*, actor: Actor, project: Project, reason: str = "") -> list[Agent]:
    """Give the agents that `pause_all` paused the state they had; returns those. Raises Forbidden.

    Who was paused on its own, before or since, stays paused.
    """
    require(actor, project, Need.OPERATE)
    with unit():
        paused = _of(project, state=AgentState.PAUSED, paused_by_all=True)
        return [_set(actor, agent, agent.state_before_all or "active", reason) for agent in paused]


def _of(project: Project, **having: Any) -> list[Agent]:
    rows = Agent.objects.select_for_update(of=("self",), no_key=True).select_related("project")
    return list(rows.filter(project=project, removed_at__isnull=True, **having).order_by("pk"))


def _pause_with_all(actor: Actor, agent: Agent, reason: str) -> Agent:
    before = agent.state
    return _set(actor, agent, AgentState.PAUSED.value, reason, paused_by_all=True, state_before_all=before)


def _set(
    actor: Actor,
    agent: Agent,
    state: str,
    reason: str,
    *,
    paused_by_all: bool = False,
    state_before_all: str = "",
) -> Agent:
    if agent.state == state and agent.paused_by_all == paused_by_all:
        return agent
    before = agent.state
    changes = {
        "state": state,
        "state_reason": reason[:500],
        "state_set_by": actor.name[:150],
        "state_since": database_now(),
        "paused_by_all": paused_by_all,
        "state_before_all": state_before_all,
        "error_streak": 0 if state == AgentState.ACTIVE else agent.error_streak,
    }
    told = {
        "before": {"state": before},
        "after": {"state": state},
        "reason": reason,
        "with_all": paused_by_all,
    }
    return write_agent(actor, agent, changes, type="agent.state_changed", **told)
