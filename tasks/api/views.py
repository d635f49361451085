"""Saved views of the board over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import BooleanField, ChoiceField, LineField, StrictSerializer
from missioncontrol.kernel.api.views import ApiView
from tasks.api.descriptions import VIEWS, ViewAnswer
from tasks.filter_grammar import LANES, MAX_LENGTH
from tasks.models import Project, SavedView
from tasks.services import views as services
from tasks.services.access import get_project

ORDERINGS = {"name": ("name", "id"), "updated": ("updated_at", "id")}
SHOWN = ("id", "name", "query", "lane", "shared", "created_at", "updated_at")


class NewViewBody(StrictSerializer):
    """POST /projects/{slug}/views."""

    name = LineField(max_length=60)
    query = LineField(required=False, allow_blank=True, max_length=MAX_LENGTH)
    lane = ChoiceField(choices=LANES, required=False, allow_blank=True)
    shared = BooleanField(required=False)


class ViewChanges(NewViewBody):
    """PATCH /projects/{slug}/views/{view}."""

    name = LineField(required=False, max_length=60)


def view_json(view: SavedView, actor: Actor, project: Project) -> dict[str, Any]:
    """One view; its owner must be loaded."""
    shown = {name: getattr(view, name) for name in SHOWN}
    may_change = services.may_change(actor, project, view)
    return shown | {"owner": view.owner.username, "may_change": may_change}


class ViewList(ApiView):
    """GET and POST /projects/{slug}/views."""

    @extend_schema(operation_id="list_views", responses=VIEWS)
    def get(self, request: Request, slug: str) -> Response:
        """The shared views of the project and the caller's own."""
        project = get_project(self.actor, slug)
        views = services.visible_views(self.actor, project)
        return self.respond(
            page(
                views,
                request,
                ordering="name",
                allowed=ORDERINGS,
                row=lambda view: view_json(view, self.actor, project),
            )
        )

    @extend_schema(operation_id="save_view", request=NewViewBody, responses={201: ViewAnswer})
    def post(self, request: Request, slug: str) -> Response:
        """Keep a filter under a name; `shared` gives it to everybody in the project."""
        body = self.read_body(NewViewBody)
        project = get_project(self.actor, slug)
        view = services.save_view(actor=self.actor, project=project, **body)
        where = f"/api/v1/projects/{project.slug}/views/{view.pk}"
        return self.respond(view_json(view, self.actor, project), 201, {"Location": where})


class ViewDetail(ApiView):
    """GET, PATCH and DELETE /projects/{slug}/views/{view}."""

    @extend_schema(operation_id="get_view", responses=ViewAnswer)
    def get(self, request: Request, slug: str, view: str) -> Response:
        """One view."""
        project, found = self._find(slug, view)
        return self.respond(view_json(found, self.actor, project))

    @extend_schema(operation_id="change_view", request=ViewChanges, responses=ViewAnswer)
    def patch(self, request: Request, slug: str, view: str) -> Response:
        """Rename a view, change what it shows, share it or keep it to oneself."""
        changes = self.read_body(ViewChanges)
        project, found = self._find(slug, view)
        changed = services.change_view(actor=self.actor, project=project, view=found, changes=changes)
        return self.respond(view_json(changed, self.actor, project))

    @extend_schema(operation_id="delete_view", responses={204: None})
    def delete(self, request: Request, slug: str, view: str) -> Response:
        """Throw a view away."""
        project, found = self._find(slug, view)
        services.delete_view(actor=self.actor, project=project, view=found)
        return self.respond(None, status=204)

    def _find(self, slug: str, ref: str) -> tuple[Project, SavedView]:
        project = get_project(self.actor, slug)
        return project, services.get_view(self.actor, project, ref)
