"""The live page of a project's agents."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from agents.models import Agent
from agents.queries.activity import doing_now, is_offline
from agents.queries.budgets import budgets_of
from agents.queries.results import results_of
from tasks.models import Project
from tasks.queries.cards import initials, live_state
from tasks.services.access import Need, can
from tasks.views.pages import Visit, frame, in_project

MOST = 500


@require_GET
@in_project
def agents(visit: Visit) -> HttpResponse:
    """Every agent with what it does now."""
    return render(visit.request, "agents/agents.html", frame(visit, "agents") | _context(visit))


@require_GET
@in_project
def cards(visit: Visit) -> HttpResponse:
    """The cards alone, for a page that refreshes itself."""
    return render(visit.request, "agents/_agents.html", {"project": visit.project} | _context(visit))


@require_GET
@in_project
def dots(visit: Visit) -> HttpResponse:
    """The live state of every agent by slug: the colour of its dot."""
    now = timezone.now()
    states = {
        agent.slug: live_state(state=agent.state, health=agent.health, offline=is_offline(agent, now))
        for agent in _present(visit.project)
    }
    return JsonResponse(states)


def _present(project: Project) -> list[Agent]:
    return list(
        Agent.objects.filter(project=project, removed_at__isnull=True).order_by("name", "slug")[:MOST]
    )


def _context(visit: Visit) -> dict[str, Any]:
    now = timezone.now()
    found = doing_now(_present(visit.project), now)
    results = results_of(visit.project.pk, [row.agent.pk for row in found], now)
    shown = [
        {
            "doing": row,
            "initials": initials(row.agent.name),
            "per_day": budgets_of(row.agent)[0],
            "results": results.get(row.agent.pk),
        }
        for row in found
    ]
    active = sum(row.agent.state == "active" for row in found)
    return {
        "rows": shown,
        "may_operate": can(visit.actor, visit.project, Need.OPERATE),
        "owns": can(visit.actor, visit.project, Need.ADMIN),
        "any_active": active > 0,
        "any_paused_by_all": any(row.agent.paused_by_all for row in found),
        "summary": {
            word: sum(row.doing == word for row in found)
            for word in ("working", "waiting", "blocked", "idle", "offline")
        },
    }
