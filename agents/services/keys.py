"""Keys of agents and tokens of services: made, rotated with an overlap, revoked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from agents.models import Agent, AgentKey, Scope, ServiceToken
from agents.services.secrets import new_secret
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, Forbidden, NotFound, Refused
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.models import Project
from tasks.services.access import by_id

OVERLAP_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key or token that was just made. `secret` is the whole of it, known here and never again."""

    secret: str
    prefix: str
    expires_at: datetime | None


def issue_key(*, actor: Actor, agent: Agent, expires_in_s: int | None = None) -> NewKey:
    """A new key for `agent` beside those it has; it stops working `expires_in_s` seconds from now, or never."""
    with unit():
        secret = new_secret("mca")
        expires_at = _later(expires_in_s)
        AgentKey.objects.create(
            agent=agent, prefix=secret.prefix, digest=secret.digest, expires_at=expires_at
        )
        _record_key(actor, agent, "agent.key_created", {"prefix": secret.prefix, "expires_at": expires_at})
    return NewKey(secret.text, secret.prefix, expires_at)


def rotate_key(
    *, actor: Actor, agent: Agent, overlap_s: int = OVERLAP_S, expires_in_s: int | None = None
) -> NewKey:
    """A new key for `agent`; the ones it had stop working after `overlap_s` seconds, or earlier if they were to."""
    with unit():
        ends = database_now() + timedelta(seconds=overlap_s)
        lasting = Q(expires_at__isnull=True) | Q(expires_at__gt=ends)
        _usable(agent).filter(lasting).update(expires_at=ends)
        return issue_key(actor=actor, agent=agent, expires_in_s=expires_in_s)


def revoke_key(*, actor: Actor, agent: Agent, prefix: str) -> None:
    """Stop the key called `prefix` at once; a second time changes nothing. Raises NotFound."""
    with unit():
        if not agent.keys.filter(prefix=prefix).exists():
            raise NotFound(f"The agent has no key “{prefix}”.")
        if _usable(agent).filter(prefix=prefix).update(revoked_at=database_now()):
            _record_key(actor, agent, "agent.key_revoked", {"prefix": prefix})


def revoke_all_keys(*, actor: Actor, agent: Agent) -> None:
    """Stop every key and session of `agent` at once."""
    with unit():
        now = database_now()
        prefixes = sorted(_usable(agent).values_list("prefix", flat=True))
        _usable(agent).update(revoked_at=now)
        agent.sessions.filter(ended_at__isnull=True).update(ended_at=now)
        for prefix in prefixes:
            _record_key(actor, agent, "agent.key_revoked", {"prefix": prefix})


def create_service_token(
    *, actor: Actor, project: Project, name: str, scopes: Sequence[str], expires_in_s: int | None = None
) -> NewKey:
    """A token for a machine caller of `project`, which may always read.

    It stops working `expires_in_s` seconds from now, or never. Raises Refused (422) for no scope or an unknown one,
    Forbidden (403) for a service that would give what it has not.
    """
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        known = ", ".join(Scope.values)
        message = f"Scopes must be some of {known}."
        raise Refused(message, code="invalid", errors=[FieldError("scopes", message)])
    _ensure_has(actor, scopes)
    with unit():
        secret = new_secret("mcs")
        kept = sorted(set(scopes) | {Scope.READ.value}, key=Scope.values.index)
        token = ServiceToken.objects.create(
            project=project,
            name=name,
            scopes=kept,
            prefix=secret.prefix,
            digest=secret.digest,
            expires_at=_later(expires_in_s),
        )
        _record_token(actor, token, "service_token.created", {"scopes": kept})
    return NewKey(secret.text, secret.prefix, token.expires_at)


def revoke_service_token(*, actor: Actor, token: ServiceToken) -> None:
    """Stop a token at once; a second time changes nothing."""
    with unit():
        live = ServiceToken.objects.filter(pk=token.pk, revoked_at__isnull=True)
        if live.update(revoked_at=database_now()):
            _record_token(actor, token, "service_token.revoked", {})


def get_service_token(project: Project, ref: str) -> ServiceToken:
    """The project's token with this id. Raises NotFound (404)."""
    return by_id(ServiceToken.objects.filter(project=project), ref, "token")


def _ensure_has(actor: Actor, scopes: Sequence[str]) -> None:
    """A token that leaks must not beget one that may do more."""
    missing = sorted(set(scopes) - {Scope.READ.value} - actor.scopes)
    if actor.kind == "service" and missing:
        message = f"Your own token lacks {', '.join(missing)}."
        raise Forbidden(message, errors=[FieldError("scopes", message)])


def _usable(agent: Agent) -> Any:
    return agent.keys.filter(revoked_at__isnull=True)


def _later(seconds: int | None) -> datetime | None:
    return None if seconds is None else database_now() + timedelta(seconds=seconds)


def _record_key(actor: Actor, agent: Agent, type: str, data: dict[str, Any]) -> None:
    shown = {"slug": agent.slug, **data}
    record(project_id=agent.project_id, type=type, actor=actor, target=("agent", agent.pk), data=shown)


def _record_token(actor: Actor, token: ServiceToken, type: str, data: dict[str, Any]) -> None:
    shown = {"name": token.name, "prefix": token.prefix, **data}
    target = ("service_token", token.pk)
    record(project_id=token.project_id, type=type, actor=actor, target=target, data=shown)
