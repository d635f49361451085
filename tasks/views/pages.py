"""What every page shares: who looks, at which project, and what its frame shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.errors import DomainError
from tasks.models import EventStream, Project, SystemState
from tasks.modes import STRICTNESS
from tasks.services.access import Need, can, get_project, role_in, visible_projects

P = ParamSpec("P")
MEANINGS = {
    "draining": "Agents finish what they hold and start nothing new.",
    "paused": "Agents do not work until it is resumed.",
    "quarantined": "Agents may only read.",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in person looking at a project they may see."""

    request: HttpRequest
    actor: Actor
    project: Project


PageView = Callable[Concatenate[Visit, P], HttpResponseBase]


def in_project(view: PageView[P]) -> Callable[..., HttpResponseBase]:
    """A page of a project: signs people in first, hides projects of others, and shows refusals as pages."""

    @wraps(view)
    def wrapped(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        try:
            actor = person(request.user)
            return view(Visit(request, actor, get_project(actor, slug)), *args, **kwargs)
        except DomainError as error:
            return refusal(request, error)

    return wrapped


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a fragment's request is only told, so that the page around it can ask."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)
    return redirect(f"{reverse('sign-in')}?{urlencode({'next': request.get_full_path()})}")


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal as the page for its status; those without one of their own look like a missing page."""
    status = error.status if error.status in {403, 404, 429} else 404
    return HttpResponse(render_to_string(f"errors/{status}.html", {}, request), status=error.status)


def frame(visit: Visit, here: str) -> dict[str, Any]:
    """What the frame around every page of a project shows."""
    return {
        "project": visit.project,
        "projects": visible_projects(visit.actor).only("slug", "name")[:100],
        "here": here,
        "mode": mode_of(visit.project),
        "role": role_in(visit.actor, visit.project),
        "may_write": can(visit.actor, visit.project, Need.WRITE),
        "may_operate": can(visit.actor, visit.project, Need.OPERATE),
        "head": head_of(visit.project),
    }


def head_of(project: Project) -> dict[str, Any]:
    """Where the project's stream stands: what the page is drawn from, and the socket resumes after."""
    row = EventStream.objects.filter(project=project).values("head_seq", "epoch").first()
    return {"seq": row["head_seq"], "epoch": row["epoch"]} if row else {"seq": 0, "epoch": ""}


def mode_of(project: Project) -> dict[str, Any]:
    """The stricter of the installation's and the project's mode, as the banner tells it."""
    system = SystemState.objects.filter(pk=1).first()
    rules = system is not None and STRICTNESS.index(system.mode) > STRICTNESS.index(project.mode)
    source = system if rules and system is not None else project
    return {
        "mode": source.mode,
        "scope": "Mission Control" if rules else project.name,
        "meaning": MEANINGS.get(source.mode, ""),
        "reason": source.mode_reason,
        "set_by": source.mode_set_by,
        "since": source.mode_since,
    }
