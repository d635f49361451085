"""Approvals over HTTP: asked for, seen, decided."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.governance import APPROVALS, ApprovalAnswer
from agents.api.narrowing import with_rows
from agents.models import Approval, ApprovalStatus, Risk
from agents.queries.approvals import approval_json, visible_approvals
from agents.services import decisions
from agents.services.approvals import get_approval, request_approval
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    FilterSerializer,
    IntegerField,
    LineField,
    SlugField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import FieldError, NotFound, Refused
from tasks.models import Project, Task
from tasks.services.access import Need, get_project, get_task, visible_projects

MONTH_S = 30 * 86_400
LINKS = ("project", "task")


class Payload(serializers.DictField):
    """A JSON object, kept as it is."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The object; anything else is refused."""
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        return data


class Cost(serializers.DecimalField):
    """An amount in USD with at most four decimals."""

    def to_internal_value(self, data: Any) -> Any:
        """The amount; true and false are no numbers."""
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class ApprovalRequest(StrictSerializer):
    """POST /approvals. `project` may be left out where the task or the caller's credential says it."""

    project = SlugField(max_length=60, required=False)
    task = LineField(max_length=64, required=False)
    action_type = SlugField(max_length=60)
    summary = LineField(max_length=500)
    payload = Payload(required=False)
    risk = ChoiceField(choices=Risk.choices, required=False)
    justification = TextField(required=False, allow_blank=True)
    estimated_cost = Cost(max_digits=12, decimal_places=4, min_value=0, required=False, allow_null=True)
    rollback_plan = TextField(required=False, allow_blank=True)
    expires_in_s = IntegerField(min_value=1, max_value=MONTH_S, required=False)


class Verdict(StrictSerializer):
    """The body of a decision; a denial needs the reason."""

    reason = TextField(required=False, allow_blank=True, max_length=5000)


class ApprovalFilters(FilterSerializer):
    """What GET /approvals can be narrowed by."""

    project = SlugField(max_length=60, required=False)
    task = LineField(max_length=64, required=False)
    status = ChoiceField(choices=ApprovalStatus.choices, required=False)


class ApprovalList(ApiView):
    """GET and POST /approvals."""

    @extend_schema(operation_id="list_approvals", parameters=[ApprovalFilters], responses=APPROVALS)
    def get(self, request: Request) -> Response:
        """The approvals of the caller's projects, newest first."""
        rows = visible_approvals(self.actor).filter(**with_rows(self.actor, self.query(ApprovalFilters)))
        orderings = {"created_at": ("created_at", "id"), "expires_at": ("expires_at", "id")}
        return self.respond(page(rows, request, ordering="-created_at", allowed=orderings, row=approval_json))

    @extend_schema(operation_id="request_approval", request=ApprovalRequest, responses={201: ApprovalAnswer})
    def post(self, request: Request) -> Response:
        """Ask for an approval; a task it is about waits for the answer."""
        body = self.read_body(ApprovalRequest)
        project, task = _subject(self.actor, body)
        rest = {name: value for name, value in body.items() if name not in LINKS}
        made = request_approval(actor=self.actor, project=project, task=task, **rest)
        return self.respond(approval_json(made), status=201)


class ApprovalDetail(ApiView):
    """GET /approvals/{id}."""

    @extend_schema(operation_id="get_approval", responses=ApprovalAnswer)
    def get(self, request: Request, approval: str) -> Response:
        """One approval, with every decision so far."""
        return self.respond(approval_json(get_approval(self.actor, approval)))


class _Decision(ApiView, ABC):
    @extend_schema(request=Verdict, responses=ApprovalAnswer)
    def post(self, request: Request, approval: str) -> Response:
        """Decide a pending request; an expired or decided one is refused with 409."""
        reason = self.read_body(Verdict).get("reason", "")
        decided = self.decide(get_approval(self.actor, approval), reason)
        return self.respond(approval_json(decided))

    @abstractmethod
    def decide(self, approval: Approval, reason: str) -> Approval:
        """What this address decides."""


@extend_schema_view(post=extend_schema(operation_id="approve_request"))
class Approve(_Decision):
    """POST /approvals/{id}/approve."""

    def decide(self, approval: Approval, reason: str) -> Approval:
        """Say yes."""
        return decisions.approve(actor=self.actor, approval=approval, reason=reason)


@extend_schema_view(post=extend_schema(operation_id="deny_request"))
class Deny(_Decision):
    """POST /approvals/{id}/deny."""

    def decide(self, approval: Approval, reason: str) -> Approval:
        """Say no."""
        return decisions.deny(actor=self.actor, approval=approval, reason=reason)


@extend_schema_view(post=extend_schema(operation_id="cancel_request"))
class Cancel(_Decision):
    """POST /approvals/{id}/cancel."""

    def decide(self, approval: Approval, reason: str) -> Approval:
        """Take it back."""
        return decisions.cancel(actor=self.actor, approval=approval, reason=reason)


def _subject(actor: Actor, body: dict[str, Any]) -> tuple[Project, Task | None]:
    """What the request is about: the named task's project, the named one, or the credential's own."""
    if "task" in body:
        task = get_task(actor, body["task"], Need.WRITE)
        if body.get("project", task.project.slug) != task.project.slug:
            raise NotFound("There is no such task in this project.")
        return task.project, task
    if "project" in body:
        return get_project(actor, body["project"], Need.WRITE), None
    if actor.project_id is None:
        field = FieldError("project", "Name the project, or a task.")
        raise Refused("Which project is it about?", code="invalid", errors=[field])
    return visible_projects(actor).get(), None
