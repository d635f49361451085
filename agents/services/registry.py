"""The registry: who the agents are. What they may do while they run is in `control`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from agents.models import FLAGS, Agent
from agents.services.keys import NewKey, issue_key, revoke_all_keys
from agents.services.spawning import child_fields
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Conflict, FieldError, NotFound, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import VersionConflict
from tasks.events import record
from tasks.models import Membership, Project, User

EDITABLE = (
    "name", "emoji", "level", "role_text", "behaviour", "skills", "task_types", "tools", "operator",
    "heartbeat_interval_s", "max_concurrent_tasks", "max_spawn", "budget_per_day", "budget_per_run", *FLAGS,
)  # fmt: skip
"""What an owner may set on an agent."""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?")
_SLUG_RULE = (
    "A slug has up to 60 lower-case letters, digits, hyphens and underscores; none of the two at its ends."
)


@dataclass(frozen=True, slots=True)
class NewAgent:
    """An agent that was just registered, and its first key, shown once."""

    agent: Agent
    key: NewKey


def create_agent(
    *,
    actor: Actor,
    project: Project,
    slug: str,
    name: str = "",
    key_expires_in_s: int | None = None,
    **fields: Any,
) -> NewAgent:
    """Register an agent in `project`; `fields` are those of `EDITABLE`.

    An agent that registers another becomes its parent, within its own level, flags, budgets and `max_spawn`.
    Raises Refused for a slug that is none, Conflict for one that is taken, Forbidden or Refused for a child its
    parent may not have.
    """
    if not _SLUG.fullmatch(slug):
        raise Refused(_SLUG_RULE, code="invalid", errors=[FieldError("slug", _SLUG_RULE)])
    with unit():
        if Agent.objects.filter(project=project, slug=slug).exists():
            message = f"The project has an agent “{slug}” already."
            raise Conflict(message, code="slug_taken", errors=[FieldError("slug", message)])
        check_operator(project, fields.get("operator"))
        parent = lock_agent(Agent(pk=actor.agent_id)) if actor.is_agent else None
        fields = fields if parent is None else child_fields(parent, fields)
        agent = Agent.objects.create(
            project=project, slug=slug, name=name or _name_from(slug), parent=parent, **fields
        )
        _record(actor, agent, "agent.created", {"level": agent.level, "parent": agent.parent_id})
        return NewAgent(agent, issue_key(actor=actor, agent=agent, expires_in_s=key_expires_in_s))


def update_agent(
    *, actor: Actor, agent: Agent, changes: Mapping[str, Any], expected_version: int | None = None
) -> Agent:
    """Change fields of `EDITABLE`; what is already so is no change.

    Raises VersionConflict (409) naming the fields that differ when `expected_version` is not the present one, Refused
    (422) for an operator who is not a member of the project.
    """
    with unit():
        fresh = lock_agent(agent)
        differing = {name: value for name, value in changes.items() if getattr(fresh, name) != value}
        if expected_version not in (None, fresh.version):
            _raise_conflict(fresh, differing)
        if "operator" in differing:
            check_operator(fresh.project, differing["operator"])
        return write_agent(actor, fresh, differing) if differing else fresh


def remove_agent(*, actor: Actor, agent: Agent) -> Agent:
    """Take an agent out of service: its keys stop, its row and its history stay. Again: no change."""
    with unit():
        fresh = lock_agent(agent)
        if fresh.removed_at is not None:
            return fresh
        revoke_all_keys(actor=actor, agent=fresh)
        return write_agent(actor, fresh, {"removed_at": timezone.now()})


def restore_agent(*, actor: Actor, agent: Agent) -> Agent:
    """Bring a removed agent back; it needs a new key. On a present one: no change."""
    with unit():
        fresh = lock_agent(agent)
        return fresh if fresh.removed_at is None else write_agent(actor, fresh, {"removed_at": None})


def lock_agent(agent: Agent) -> Agent:
    """The agent as it is now, its row locked until the transaction ends. Raises NotFound."""
    rows = Agent.objects.select_for_update(of=("self",), no_key=True).select_related(
        "project", "operator", "parent"
    )
    fresh = rows.filter(pk=agent.pk).first()
    if fresh is None:
        raise NotFound("There is no such agent.")
    return fresh


def write_agent(
    actor: Actor, agent: Agent, changes: Mapping[str, Any], *, type: str = "agent.updated", **data: Any
) -> Agent:
    """Write `changes` where the row still has the version that was read, with one event.

    Raises VersionConflict (409) when another writer came first.
    """
    before = {name: getattr(agent, name) for name in changes}
    written = {**changes, "version": agent.version + 1, "updated_at": timezone.now()}
    if not Agent.objects.filter(pk=agent.pk, version=agent.version).update(**written):
        _raise_conflict(agent, changes)
    for name, value in written.items():
        setattr(agent, name, value)
    shown = {"before": _plain(before), "after": _plain(changes), **data}
    _record(actor, agent, type, shown)
    return agent


def check_operator(project: Project, operator: User | None) -> None:
    """Raises Refused when the person who is to look after an agent is not a member of its project."""
    if operator is None or operator.is_staff:
        return
    if not Membership.objects.filter(project=project, user=operator).exists():
        message = "The operator is not a member of this project."
        raise Refused(message, code="invalid", errors=[FieldError("operator", message)])


def _name_from(slug: str) -> str:
    return slug.replace("-", " ").replace("_", " ").title()


def _raise_conflict(agent: Agent, changes: Mapping[str, Any]) -> None:
    raise VersionConflict(
        f"{agent.slug} was changed meanwhile.",
        errors=[FieldError(name, "Differs from what you read.") for name in changes],
        extra={"version": agent.version, "next_action": "Read the agent again and retry."},
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.username if isinstance(value, User) else value for name, value in values.items()}


def _record(actor: Actor, agent: Agent, type: str, data: Mapping[str, Any]) -> None:
    shown = {"slug": agent.slug, "name": agent.name, "version": agent.version, **data}
    record(project_id=agent.project_id, type=type, actor=actor, target=("agent", agent.pk), data=shown)
