"""Sessions of agents' runtimes: a key for the tool endpoints under /agent/, for a limited time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.models import Agent, AgentSession
from agents.services.secrets import new_secret
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Forbidden, NotFound
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.modes import Act, ensure

DEFAULT_TTL_S = 24 * 3600
MIN_TTL_S, MAX_TTL_S = 60, 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that was just opened. `key` is known here and never again."""

    key: str
    prefix: str
    expires_at: datetime


def open_session(*, actor: Actor, agent: Agent, ttl_s: int = DEFAULT_TTL_S) -> NewSession:
    """Open a session of `agent` that lasts `ttl_s` seconds.

    Raises Forbidden for anybody but the agent, `AgentHalted` (403) for one in quarantine, which gets no further way in.
    """
    if actor.agent_id != agent.pk:
        raise Forbidden("Agents open their own sessions only.", code="not_yourself")
    ensure(actor, Act.MESSAGE)
    with unit():
        secret = new_secret("mcx")
        expires_at = database_now() + timedelta(seconds=ttl_s)
        AgentSession.objects.create(
            agent=agent, digest=secret.digest, prefix=secret.prefix, expires_at=expires_at
        )
        _record(actor, agent, "agent.session_opened", secret.prefix)
    return NewSession(secret.text, secret.prefix, expires_at)


def end_session(*, actor: Actor, agent: Agent, prefix: str) -> None:
    """End the session called `prefix` at once; a second time changes nothing. Raises NotFound."""
    with unit():
        mine = AgentSession.objects.filter(agent=agent, prefix=prefix)
        if not mine.exists():
            raise NotFound("There is no such session.")
        if mine.filter(ended_at__isnull=True).update(ended_at=database_now()):
            _record(actor, agent, "agent.session_ended", prefix)


def _record(actor: Actor, agent: Agent, type: str, prefix: str) -> None:
    data = {"slug": agent.slug, "prefix": prefix}
    record(project_id=agent.project_id, type=type, actor=actor, target=("agent", agent.pk), data=data)
