"""Who calls by a key: service tokens, agents, and what holds for them today."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from agents.models import Level, Scope
from agents.queries.budgets import DEFAULTS
from agents.queries.settings import MOST, agents_of, tokens_of
from agents.services.approvals import EXPIRES_S, REVIEW_EXPIRES_S
from tasks.views.pages import Visit, in_project
from tasks.views.settings.fields import written_as
from tasks.views.settings.sections import ensure_may_read, owns, settings_frame

SCOPES = {
    Scope.READ: "The board, tasks and reports.",
    Scope.WRITE: "Makes, edits, comments on, moves and assigns tasks.",
    Scope.OPERATE: "Unblocks, overrides and pauses agents.",
    Scope.ADMIN: "Members, settings, agents, keys and tokens.",
}


@require_GET
@in_project
def tokens(visit: Visit) -> HttpResponse:
    """The page of service tokens."""
    return render(visit.request, "settings/tokens.html", settings_frame(visit, "tokens") | _tokens(visit))


@require_GET
@in_project
def tokens_list(visit: Visit) -> HttpResponse:
    """The list alone, for a page that keeps itself true."""
    ensure_may_read(visit, "tokens")
    return render(visit.request, "settings/_tokens.html", _tokens(visit))


@require_GET
@in_project
def agents(visit: Visit) -> HttpResponse:
    """The agents, each a link to its own page, where it is set up."""
    rows = agents_of(visit.project, timezone.now())
    context = settings_frame(visit, "agents") | {"rows": rows, "more": len(rows) == MOST}
    return render(visit.request, "settings/agents.html", context)


@require_GET
@in_project
def limits(visit: Visit) -> HttpResponse:
    """What agents may do without asking, and what they may spend, as it holds today."""
    context = settings_frame(visit, "limits") | {
        "levels": [(Level(level).label, *budget) for level, budget in DEFAULTS.items()],
        "rows": agents_of(visit.project, timezone.now()),
        "expires": written_as(EXPIRES_S),
        "review_expires": written_as(REVIEW_EXPIRES_S),
    }
    return render(visit.request, "settings/limits.html", context)


def _tokens(visit: Visit) -> dict[str, Any]:
    return {
        "project": visit.project,
        "owns": owns(visit),
        "rows": tokens_of(visit.project, timezone.now()),
        "scopes": [(scope.value, scope.label, meaning) for scope, meaning in SCOPES.items()],
    }
