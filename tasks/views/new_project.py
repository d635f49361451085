"""The page that makes a project."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.errors import Conflict, DomainError, FieldError, Refused
from missioncontrol.kernel.text import storable
from tasks.models import Workflow
from tasks.queries import naming
from tasks.services.access import require_may_create_projects, visible_projects
from tasks.services.new_project import open_project, wrong_prefix, wrong_slug

from .pages import ask_to_sign_in, refusal

FIELDS = ("name", "slug", "key_prefix", "workflow", "tasks")
WORKFLOWS = (
    (
        Workflow.GUARDED,
        "Guarded",
        "Work needs a plan to begin and a deliverable to be reviewed. For teams with agents.",
    ),
    (Workflow.LIGHT, "Light", "The same columns without those gates. For small and quick work."),
)
LONGEST = 200_000

MakerView = Callable[[HttpRequest, Actor], HttpResponse]


def for_makers(view: MakerView) -> Callable[[HttpRequest], HttpResponse]:
    """A page for people who may make projects; signs in first."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return ask_to_sign_in(request)
        actor = person(request.user)
        try:
            require_may_create_projects(actor)
            return view(request, actor)
        except DomainError as error:
            return refusal(request, error)

    return wrapped


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_makers
def new_project(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form, and what it makes: the new project's board, or the page that imports into it."""
    if request.method != "POST":
        return _form(request, actor, {"workflow": Workflow.GUARDED}, ())
    told = {name: _plain(request.POST.get(name, "")) for name in FIELDS}
    try:
        project = open_project(
            actor=actor.within(source="dashboard"),
            name=told["name"],
            slug=told["slug"].strip() or naming.free_slug(told["name"]),
            key_prefix=told["key_prefix"].strip().upper() or naming.free_prefix(told["name"]),
            workflow=told["workflow"],
            titles=told["tasks"].splitlines(),
        )
    except Refused as error:
        return _form(request, actor, told, error.errors)
    except Conflict as error:
        field = "key_prefix" if error.code == "prefix_taken" else "slug"
        return _form(request, actor, told, (FieldError(field, error.message),))
    return redirect("imports" if request.POST.get("then") == "import" else "board", slug=project.slug)


@never_cache
@require_GET
@for_makers
def propose(request: HttpRequest, actor: Actor) -> JsonResponse:
    """Free names made of `name`, and what is wrong with the `slug` and the `key_prefix` that were chosen."""
    name, slug, prefix = (_plain(request.GET.get(key, ""))[:300] for key in ("name", "slug", "key_prefix"))
    wrong = {
        "slug": wrong_slug(slug) if slug else "",
        "key_prefix": wrong_prefix(prefix.upper()) if prefix else "",
    }
    return JsonResponse(
        {"slug": naming.free_slug(name), "key_prefix": naming.free_prefix(name), "errors": wrong}
    )


def _form(
    request: HttpRequest, actor: Actor, told: dict[str, Any], errors: tuple[FieldError, ...]
) -> HttpResponse:
    first: dict[str, str] = {}
    for error in errors:
        first.setdefault(error.field, error.message)
    context = {
        "told": told,
        "errors": first,
        "workflows": WORKFLOWS,
        "projects": visible_projects(actor).only("slug", "name")[:100],
        "may_operate": True,
        "here": "new-project",
    }
    return render(request, "tasks/new_project.html", context, status=422 if errors else 200)


def _plain(text: str) -> str:
    return storable(text)[:LONGEST]
