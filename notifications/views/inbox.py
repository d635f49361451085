"""What waits for a person: of one project, and of all of theirs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.clock import database_now
from notifications.queries.waiting.gathering import KINDS, MOST_READ, gather
from notifications.queries.waiting.items import Item
from notifications.queries.waiting.sources import counts, reach_of
from tasks.models import Project
from tasks.services.access import visible_projects
from tasks.views.pages import Visit, ask_to_sign_in, frame, in_project

MOST_SHOWN = 100
NAMES = {
    "approval": "Approvals",
    "review": "Reviews",
    "blocked": "Blocked",
    "alert": "Alerts",
    "mention": "Mentions",
    "request": "Questions",
}


def for_person(view: Callable[[HttpRequest, Actor], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A page beyond any project: signs people in first."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        return view(request, person(request.user))

    return wrapped


@never_cache
@require_GET
@in_project
def page(visit: Visit) -> HttpResponse:
    """What waits in a project."""
    context = frame(visit, "inbox") | _shown(visit.request, visit.actor, visit.project)
    return render(visit.request, "notifications/inbox.html", context)


@never_cache
@require_GET
@in_project
def items(visit: Visit) -> HttpResponse:
    """The items alone, for a page that refreshes itself."""
    context = {"project": visit.project} | _shown(visit.request, visit.actor, visit.project)
    return render(visit.request, "notifications/_inbox.html", context)


@never_cache
@require_GET
@in_project
def count(visit: Visit) -> HttpResponse:
    """The number beside the inbox: what this person can settle."""
    waiting = sum(counts(reach_of(visit.actor, visit.project), database_now()).values())
    return render(visit.request, "notifications/_inbox_count.html", {"waiting": waiting})


@never_cache
@require_GET
@for_person
def everywhere(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What waits in all of the person's projects."""
    projects = visible_projects(actor).only("slug", "name")[:100]
    context = {"here": "inbox", "projects": projects} | _shown(request, actor)
    return render(request, "notifications/inbox.html", context)


@never_cache
@require_GET
@for_person
def everywhere_items(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The items of all projects alone."""
    return render(request, "notifications/_inbox.html", _shown(request, actor))


def _shown(request: HttpRequest, actor: Actor, project: Project | None = None) -> dict[str, Any]:
    found = gather(reach_of(actor, project), database_now())
    asked = request.GET.get("kind", "")
    kind = asked if asked in KINDS else ""
    fitting = [item for item in found if kind in ("", item.kind)]
    shown = fitting[:MOST_SHOWN]
    return {
        "kind": kind,
        "kinds": _kinds(found),
        "address": f"/p/{project.slug}/inbox" if project else "/inbox",
        "mine": [item for item in shown if item.may_act],
        "others": [item for item in shown if not item.may_act],
        "waiting": sum(item.may_act for item in fitting),
        "left_out": len(fitting) - len(shown),
        "all": len(found),
    }


def _kinds(found: list[Item]) -> list[dict[str, Any]]:
    """Each kind with how much of it waits; `cut` where more may wait than was read."""
    numbers = {kind: sum(item.kind == kind for item in found) for kind in KINDS}
    return [
        {"kind": kind, "name": NAMES[kind], "count": number, "cut": number >= MOST_READ}
        for kind, number in numbers.items()
    ]
