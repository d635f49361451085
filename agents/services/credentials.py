"""Checking what a machine shows: the one place where keys, tokens and sessions become actors.

The API, the sockets and the tool endpoints all ask here. A check is one SHA-256 and one indexed query; that the
credential was used is noted at most once a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from agents.models import Agent, AgentKey, AgentSession, ServiceToken
from agents.queries import credentials as queries
from agents.services.secrets import digest_of, sort_of
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import Credential, CredentialKind
from missioncontrol.kernel.errors import Unauthenticated

NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MachineCredential(Credential):
    """A checked key, token or session. `agent` is the agent's row with its project, or None for a service.

    `prefix` names the key, token or session; `checked_at` is the database's clock at the check.
    """

    agent: Agent | None
    prefix: str
    checked_at: datetime


def check_header(header: str) -> MachineCredential:
    """The credential in an `Authorization` header.

    Raises Unauthenticated (401) for a header that is not `Bearer <key>` and for a key that is unknown, expired,
    revoked, or whose agent or project is gone.
    """
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise _refusal("The Authorization header must be “Bearer <key>”.")
    return check_bearer(token.strip())


def check_bearer(token: str) -> MachineCredential:
    """The credential that an agent key or a service token stands for; raises Unauthenticated (401)."""
    sort = sort_of(token)
    if sort == "mca":
        return _agent_key(token)
    if sort == "mcs":
        return _service_token(token)
    raise _refusal("This is not a key.")


def check_session(token: str) -> MachineCredential:
    """The credential of an open session of an agent's runtime; raises Unauthenticated (401)."""
    row = queries.find_session(digest_of(token)) if sort_of(token) == "mcx" else None
    if row is None:
        raise _refusal("The session is unknown or has ended.")
    return _checked(row, row.agent, queries.agent_actor(row.agent, _mode(row)), "agent_key")


def _agent_key(token: str) -> MachineCredential:
    row = queries.find_agent_key(digest_of(token))
    if row is None:
        raise _refusal("The key is unknown, expired or revoked.")
    return _checked(row, row.agent, queries.agent_actor(row.agent, _mode(row)), "agent_key")


def _service_token(token: str) -> MachineCredential:
    row = queries.find_service_token(digest_of(token))
    if row is None:
        raise _refusal("The token is unknown, expired or revoked.")
    return _checked(row, None, queries.service_actor(row, _mode(row)), "service_token")


def _checked(
    row: AgentKey | ServiceToken | AgentSession, agent: Agent | None, actor: Actor, kind: CredentialKind
) -> MachineCredential:
    now = queries.checked_at(row)
    _note_use(row, now)
    return MachineCredential(actor=actor, kind=kind, agent=agent, prefix=row.prefix, checked_at=now)


def _note_use(row: AgentKey | ServiceToken | AgentSession, now: datetime) -> None:
    before = now - NOTED_EVERY
    if row.last_used_at is not None and row.last_used_at > before:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=before)
    rows: Any = type(row)._default_manager
    rows.filter(stale, pk=row.pk).update(last_used_at=now)


def _mode(row: Any) -> str | None:
    mode: str | None = row.global_mode
    return mode


def _refusal(message: str) -> Unauthenticated:
    return Unauthenticated(message, extra={"next_action": "Send a valid key, or ask an operator for one."})
