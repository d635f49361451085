"""What the settings show of agents and tokens: a fixed number of queries however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Q

from agents.models import Agent, ServiceToken
from agents.queries.budgets import DEFAULTS
from tasks.models import Event, Project

MOST = 500


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token: `state` is working, expired or revoked, `made_by` who made it as far as the history says."""

    token: ServiceToken
    state: str
    made_by: str


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent with how many keys let it in, when one was last used, and its budget in US dollars."""

    agent: Agent
    working_keys: int
    last_used_at: datetime | None
    per_day: Decimal
    per_run: Decimal
    own: bool


def tokens_of(project: Project, now: datetime) -> list[TokenRow]:
    """The project's tokens, those that let in first, then the latest."""
    tokens = list(ServiceToken.objects.filter(project=project).order_by("-created_at", "-pk")[:MOST])
    makers = _makers(project, tokens)
    rows = [TokenRow(token, _state(token, now), makers.get(str(token.pk), "")) for token in tokens]
    return sorted(rows, key=lambda row: row.state != "working")


def agents_of(project: Project, now: datetime) -> list[AgentRow]:
    """The agents in service, by name."""
    usable = Q(keys__revoked_at=None) & (Q(keys__expires_at=None) | Q(keys__expires_at__gt=now))
    agents = Agent.objects.filter(project=project, removed_at__isnull=True)
    found = agents.annotate(working=Count("keys", filter=usable), used=Max("keys__last_used_at"))
    return [_agent(agent, agent.working, agent.used) for agent in found.order_by("name", "slug")[:MOST]]


def _agent(agent: Agent, working: int, used: datetime | None) -> AgentRow:
    per_day, per_run = DEFAULTS[agent.level]
    day, run = agent.budget_per_day, agent.budget_per_run
    return AgentRow(
        agent,
        working,
        used,
        per_day if day is None else day,
        per_run if run is None else run,
        own=day is not None or run is not None,
    )


def _makers(project: Project, tokens: list[ServiceToken]) -> dict[str, str]:
    made = Event.objects.filter(project=project, type="service_token.created")
    named = made.filter(target_id__in=[str(token.pk) for token in tokens])
    return dict(named.values_list("target_id", "actor_name"))


def _state(token: ServiceToken, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at is not None and token.expires_at <= now else "working"
