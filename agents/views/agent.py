"""The page of one agent, its documents, and the lines that connect it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from agents import connecting
from agents.models import FLAGS, Agent, AgentDocument, AgentDocumentVersion, DocumentKind
from agents.queries import profile
from agents.queries.activity import doing_now
from agents.queries.budgets import budgets_of
from agents.queries.results import results_of
from agents.services.access import get_agent
from agents.services.documents import find_document
from missioncontrol.kernel.errors import DomainError, NotFound
from tasks.models import TaskType
from tasks.queries.cards import initials
from tasks.services.access import Need, can
from tasks.views.pages import Visit, frame, in_project

FLAG_WORDS = {
    "can_create_tasks": "creates tasks",
    "can_mention": "mentions others",
    "can_review": "reviews",
    "can_close": "closes tasks",
}


@require_GET
@in_project
def agent(visit: Visit, agent_slug: str) -> HttpResponse:
    """Who the agent is, what it does and did, its keys and documents, and how it is connected."""
    found = _find(visit, agent_slug)
    connect = _connecting(visit, found)
    return render(
        visit.request, "agents/agent.html", frame(visit, "agents") | _inside(visit, found) | connect
    )


@require_GET
@in_project
def inside(visit: Visit, agent_slug: str) -> HttpResponse:
    """What changes on the page, for a page that refreshes itself."""
    context = {"project": visit.project} | _inside(visit, _find(visit, agent_slug))
    return render(visit.request, "agents/_inside.html", context)


@never_cache
@require_GET
@in_project
def connect(visit: Visit, agent_slug: str) -> HttpResponse:
    """The lines that connect the agent, for a dialog that has just been shown its key."""
    return render(visit.request, "agents/_connect.html", _connecting(visit, _find(visit, agent_slug)))


@require_GET
@in_project
def document(visit: Visit, agent_slug: str, kind: str, day: str = "") -> HttpResponse:
    """One document as it is, or as it was in the version that the address names, with all its versions."""
    found = _find(visit, agent_slug)
    kept = _document(found, kind, _day(day))
    text = _version(kept, visit.request.GET.get("version", ""))
    context = {
        "agent": found,
        "document": kept,
        "shown": text,
        "versions": profile.versions_of(kept),
        "is_latest": text.version == kept.version,
    }
    return render(visit.request, "agents/document.html", frame(visit, "agents") | context)


def _find(visit: Visit, slug: str) -> Agent:
    return get_agent(visit.actor, slug, project_slug=visit.project.slug)


def _inside(visit: Visit, agent: Agent) -> dict[str, Any]:
    now = timezone.now()
    (doing,) = doing_now([agent], now)
    per_day, per_run = budgets_of(agent)
    owns = can(visit.actor, visit.project, Need.ADMIN)
    return {
        "agent": agent,
        "doing": doing,
        "initials": initials(agent.name),
        "open_tasks": profile.open_tasks(agent),
        "finished_tasks": profile.finished_tasks(agent),
        "entries": profile.latest_entries(agent),
        "documents": profile.documents_of(agent),
        "per_day": per_day,
        "per_run": per_run,
        "results": results_of(visit.project.pk, [agent.pk], now).get(agent.pk),
        "flags": [FLAG_WORDS[flag] for flag in FLAGS if getattr(agent, flag)],
        "task_types": [label for value, label in TaskType.choices if value in agent.task_types],
        "may_operate": can(visit.actor, visit.project, Need.OPERATE) and agent.removed_at is None,
        "owns": owns,
        "keys": profile.keys_of(agent, now) if owns else [],
    }


def _connecting(visit: Visit, agent: Agent) -> dict[str, Any]:
    api = visit.request.build_absolute_uri("/api/v1")
    who = connecting.Identity(api=api, project=visit.project.slug, agent=agent.slug)
    return {
        "keeping": connecting.keeping(who),
        "ways": connecting.ways(who),
        "key_place": connecting.KEY_PLACE,
    }


def _document(agent: Agent, kind: str, day: date | None) -> AgentDocument:
    if kind not in DocumentKind.values:
        raise NotFound("There is no such document.")
    try:
        return find_document(agent, kind, day)
    except DomainError as error:
        raise NotFound("There is no such document.") from error


def _version(document: AgentDocument, asked: str) -> AgentDocumentVersion:
    number = int(asked) if asked.isdecimal() and len(asked) < 9 else document.version
    found = document.versions.filter(version=number).first()
    if found is None:
        raise NotFound("There is no such version.")
    return found


def _day(text: str) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError as error:
        raise NotFound("There is no such day.") from error
