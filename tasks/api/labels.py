"""The labels of a project over HTTP: what they are called, how often they are used, and changing them everywhere."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import IntegerField, LineField, StrictSerializer
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import FieldError, NotFound, Refused
from tasks.api.descriptions import LABELS, LabelReachAnswer
from tasks.models import Label, Project
from tasks.queries.labels import counted_labels, reach_of
from tasks.services import label_changes as services
from tasks.services.access import Need, get_project

ORDERINGS = {"name": ("name", "id")}
LONGEST = 60


class NewLabelBody(StrictSerializer):
    """POST /projects/{slug}/labels."""

    name = LineField(max_length=LONGEST)


class LabelChanges(StrictSerializer):
    """PATCH /projects/{slug}/labels/{label}; `was` is the name the caller saw."""

    name = LineField(max_length=LONGEST)
    was = LineField(required=False, max_length=LONGEST)


class MergeBody(StrictSerializer):
    """POST /projects/{slug}/labels/{label}/merge."""

    into = IntegerField(min_value=1)


def label_json(label: Label) -> dict[str, Any]:
    """One label with what a change of it would touch."""
    reach = reach_of(label)
    counts = {"tasks": reach.tasks, "open_tasks": reach.open_tasks, "views": reach.views}
    return {"id": label.pk, "name": label.name, **counts}


def _line(label: Any) -> dict[str, Any]:
    return {
        "id": label.pk,
        "name": label.name,
        "tasks": label.tasks_count,
        "open_tasks": label.open_count,
    }


class LabelList(ApiView):
    """GET and POST /projects/{slug}/labels."""

    @extend_schema(operation_id="list_labels", responses=LABELS)
    def get(self, request: Request, slug: str) -> Response:
        """The labels with how many tasks carry each."""
        rows = counted_labels(get_project(self.actor, slug))
        return self.respond(page(rows, request, ordering="name", allowed=ORDERINGS, row=_line))

    @extend_schema(operation_id="create_label", request=NewLabelBody, responses={201: LabelReachAnswer})
    def post(self, request: Request, slug: str) -> Response:
        """Make a label that no task carries yet."""
        body = self.read_body(NewLabelBody)
        project = get_project(self.actor, slug, Need.ADMIN)
        label = services.create_label(actor=self.actor, project=project, **body)
        where = f"/api/v1/projects/{project.slug}/labels/{label.pk}"
        return self.respond(label_json(label), 201, {"Location": where})


class LabelView(ApiView):
    """What the views of one label share."""

    def find(self, slug: str, ref: str, need: Need = Need.ADMIN) -> tuple[Project, Label]:
        """The project and its label; a label that is not there comes before a right that is missing."""
        project = get_project(self.actor, slug)
        label = services.get_label(project, ref)
        return get_project(self.actor, slug, need), label


class LabelDetail(LabelView):
    """GET, PATCH and DELETE /projects/{slug}/labels/{label}."""

    @extend_schema(operation_id="get_label", responses=LabelReachAnswer)
    def get(self, request: Request, slug: str, label: str) -> Response:
        """One label, with what a change of it would touch as of now."""
        return self.respond(label_json(self.find(slug, label, Need.READ)[1]))

    @extend_schema(operation_id="rename_label", request=LabelChanges, responses=LabelReachAnswer)
    def patch(self, request: Request, slug: str, label: str) -> Response:
        """Rename it on every task and in saved views."""
        body = self.read_body(LabelChanges)
        _, found = self.find(slug, label)
        return self.respond(label_json(services.rename_label(actor=self.actor, label=found, **body)))

    @extend_schema(operation_id="delete_label", responses={204: None})
    def delete(self, request: Request, slug: str, label: str) -> Response:
        """Take it off every task and forget it."""
        _, found = self.find(slug, label)
        services.delete_label(actor=self.actor, label=found)
        return self.respond(None, status=204)


class LabelMerge(LabelView):
    """POST /projects/{slug}/labels/{label}/merge."""

    @extend_schema(operation_id="merge_label", request=MergeBody, responses=LabelReachAnswer)
    def post(self, request: Request, slug: str, label: str) -> Response:
        """Give every task that carries it the label `into` instead; it is gone then."""
        body = self.read_body(MergeBody)
        project, found = self.find(slug, label)
        into = self._into(project, body["into"])
        return self.respond(label_json(services.merge_label(actor=self.actor, label=found, into=into)))

    def _into(self, project: Project, pk: int) -> Label:
        try:
            return services.get_label(project, str(pk))
        except NotFound as error:
            raise Refused(error.message, errors=[FieldError("into", error.message)]) from error
