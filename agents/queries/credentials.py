"""Looking a credential up: one indexed query that brings everything its actor is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, Subquery
from django.db.models.functions import Now

from agents.models import Agent, AgentKey, AgentSession, ServiceToken
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.prepared import Prepared
from tasks.models import Project, SystemState
from tasks.modes import strictest

_UNEXPIRED = Q(expires_at__isnull=True) | Q(expires_at__gt=Now())
_LIVE_AGENT = Q(agent__removed_at__isnull=True, agent__project__archived_at__isnull=True)


def find_agent_key(digest: str) -> AgentKey | None:
    """The usable key with this digest, with its agent, project, `global_mode` and `checked_at`."""
    return _AGENT_KEY.first(digest=digest)


def find_service_token(digest: str) -> ServiceToken | None:
    """The usable token with this digest, with its project, `global_mode` and `checked_at`."""
    return _SERVICE_TOKEN.first(digest=digest)


def find_session(digest: str) -> AgentSession | None:
    """The open session with this digest, with its agent, project, `global_mode` and `checked_at`."""
    sessions = AgentSession.objects.filter(_UNEXPIRED, _LIVE_AGENT, digest=digest, ended_at__isnull=True)
    session: AgentSession | None = _with_modes(sessions.select_related("agent__project")).first()
    return session


def agent_actor(agent: Agent, global_mode: str | None) -> Actor:
    """The actor an agent acts as; `agent.project` must be loaded."""
    return Actor(
        kind="agent",
        id=str(agent.pk),
        name=agent.slug,
        project_id=agent.project_id,
        flags=agent.flags,
        state=agent.state,
        mode=mode_of(agent.project, global_mode),
    )


def service_actor(token: ServiceToken, global_mode: str | None) -> Actor:
    """The actor a service token acts as; `token.project` must be loaded."""
    return Actor(
        kind="service",
        id=str(token.pk),
        name=token.name,
        project_id=token.project_id,
        scopes=frozenset(token.scopes),
        mode=mode_of(token.project, global_mode),
    )


def mode_of(project: Project, global_mode: str | None) -> str:
    """The strictest of the global and the project's mode."""
    return strictest(global_mode or "normal", project.mode)


def checked_at(row: Any) -> datetime:
    """The database's clock at the look-up."""
    moment: datetime = row.checked_at
    return moment


def _with_modes(rows: QuerySet[Any]) -> Any:
    mode = SystemState.objects.filter(pk=1).values("mode")[:1]
    return rows.order_by().annotate(global_mode=Subquery(mode), checked_at=Now())


def _agent_keys(digest: str) -> QuerySet[AgentKey]:
    keys = AgentKey.objects.filter(_UNEXPIRED, _LIVE_AGENT, digest=digest, revoked_at__isnull=True)
    rows: QuerySet[AgentKey] = _with_modes(keys.order_by().select_related("agent__project"))
    return rows


def _service_tokens(digest: str) -> QuerySet[ServiceToken]:
    tokens = ServiceToken.objects.filter(
        _UNEXPIRED, digest=digest, revoked_at__isnull=True, project__archived_at__isnull=True
    )
    rows: QuerySet[ServiceToken] = _with_modes(tokens.order_by().select_related("project"))
    return rows


_AGENT_KEY: Prepared[AgentKey] = Prepared(_agent_keys, {"digest": "a key's digest"})
_SERVICE_TOKEN: Prepared[ServiceToken] = Prepared(_service_tokens, {"digest": "a token's digest"})
