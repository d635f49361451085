"""What an agent's own page shows: a fixed number of queries however much it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from agents.models import ActivityEntry, Agent, AgentDocument, AgentDocumentVersion, AgentKey
from agents.queries.activity import entries_of
from tasks.models import Task
from tasks.workflow import CLOSED

MOST_TASKS = 10
MOST_ENTRIES = 15
MOST_KEYS = 50
MOST_DOCUMENTS = 60
MOST_VERSIONS = 100


@dataclass(frozen=True, slots=True)
class Key:
    """A key as owners see it: `state` is working, expired or revoked."""

    row: AgentKey
    state: str


def open_tasks(agent: Agent) -> list[Task]:
    """What it is assigned and has not finished, the latest change first."""
    return list(_assigned(agent).exclude(status__in=CLOSED).order_by("-status_since", "-pk")[:MOST_TASKS])


def finished_tasks(agent: Agent) -> list[Task]:
    """What it was assigned and is over, the latest first."""
    return list(_assigned(agent).filter(status__in=CLOSED).order_by("-status_since", "-pk")[:MOST_TASKS])


def latest_entries(agent: Agent) -> list[ActivityEntry]:
    """What it reported, the latest first."""
    return list(entries_of(agent)[:MOST_ENTRIES])


def keys_of(agent: Agent, now: datetime) -> list[Key]:
    """Its keys, those that let in first."""
    rows = agent.keys.order_by("-created_at", "-pk")[:MOST_KEYS]
    found = [Key(row, _state(row, now)) for row in rows]
    return sorted(found, key=lambda key: key.state != "working")


def documents_of(agent: Agent) -> list[AgentDocument]:
    """Its documents without what they say: those it keeps one of, then daily notes, the latest day first."""
    rows = agent.documents.filter(version__gt=0).defer("content").order_by("date", "kind")
    found = list(rows.filter(date=None))
    return found + list(rows.filter(date__isnull=False).order_by("-date")[:MOST_DOCUMENTS])


def versions_of(document: AgentDocument) -> list[AgentDocumentVersion]:
    """The versions of a document without what they say, the latest first."""
    return list(document.versions.defer("content").order_by("-version")[:MOST_VERSIONS])


def _assigned(agent: Agent) -> QuerySet[Task]:
    return Task.objects.filter(project_id=agent.project_id, assignments__agent=agent)


def _state(key: AgentKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "working"
