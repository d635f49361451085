"""Execution requests over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.caller import agent_of
from agents.api.descriptions.execution import EXECUTIONS, ExecutionAnswer
from agents.models import ExecutionRequest, ExecutionStatus
from agents.services import execution
from agents.services.access import ensure_project_visible
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    FilterSerializer,
    LineField,
    SlugField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.api.views import ApiView
from tasks.services.access import Need, get_task

NEWEST = {"created_at": ["created_at", "id"]}
REPORTED = ["in_progress", "completed", "failed"]


class NewRequestBody(StrictSerializer):
    """POST /execution-requests. Without an executor the task's type decides."""

    task = LineField(max_length=64)
    executor = LineField(max_length=60, required=False, allow_blank=True, default="")
    payload = serializers.DictField(required=False, default=dict)


class StatusBody(StrictSerializer):
    """POST /execution-requests/{id}/status."""

    status = ChoiceField(choices=REPORTED)
    result = serializers.JSONField(required=False, allow_null=True)
    error = TextField(required=False, allow_blank=True, default="", max_length=10_000)


class CancelBody(StrictSerializer):
    """POST /execution-requests/{id}/cancel."""

    reason = LineField(max_length=500, required=False, allow_blank=True, default="")


class RequestFilters(FilterSerializer):
    """GET /execution-requests."""

    project = SlugField(max_length=60, required=False)
    task = LineField(max_length=64, required=False)
    executor = LineField(max_length=60, required=False)
    status = ChoiceField(choices=ExecutionStatus.choices, required=False)


class RequestList(ApiView):
    """GET and POST /execution-requests."""

    @extend_schema(operation_id="list_executions", parameters=[RequestFilters], responses=EXECUTIONS)
    def get(self, request: Request) -> Response:
        """The requests of the caller's projects, newest first."""
        given = self.query(RequestFilters)
        project = given.pop("project", "")
        ensure_project_visible(self.actor, project)
        rows = execution.visible_requests(self.actor)
        if project:
            rows = rows.filter(project__slug=project)
        if task := given.pop("task", ""):
            rows = rows.filter(task=get_task(self.actor, task))
        rows = rows.filter(**given)
        return self.respond(page(rows, request, ordering="-created_at", allowed=NEWEST, row=_shown))

    @extend_schema(operation_id="request_execution", request=NewRequestBody, responses={201: ExecutionAnswer})
    def post(self, request: Request) -> Response:
        """Hand a task to an executor."""
        body = self.read_body(NewRequestBody)
        task = get_task(self.actor, body.pop("task"), Need.WRITE)
        return self.respond(
            _shown(execution.request_execution(actor=self.actor, task=task, **body)), status=201
        )


class RequestDetail(ApiView):
    """GET /execution-requests/{id}."""

    @extend_schema(operation_id="get_execution", responses=ExecutionAnswer)
    def get(self, request: Request, ref: str) -> Response:
        """One request."""
        return self.respond(_shown(execution.get_request(self.actor, ref)))


class RequestClaim(ApiView):
    """POST /execution-requests/{id}/claim."""

    @extend_schema(operation_id="claim_execution", request=None, responses=ExecutionAnswer)
    def post(self, request: Request, ref: str) -> Response:
        """Take the request; 409 with the holder when another was first."""
        self.read_body(StrictSerializer)
        found = execution.get_request(self.actor, ref)
        agent, _ = agent_of(self.credential)
        return self.respond(_shown(execution.claim_request(actor=self.actor, request=found, agent=agent)))


class RequestStatus(ApiView):
    """POST /execution-requests/{id}/status."""

    @extend_schema(operation_id="report_execution", request=StatusBody, responses=ExecutionAnswer)
    def post(self, request: Request, ref: str) -> Response:
        """Say how far it is; with `completed` comes the result, with `failed` the error."""
        body = self.read_body(StatusBody)
        found = execution.get_request(self.actor, ref)
        return self.respond(_shown(execution.report_status(actor=self.actor, request=found, **body)))


class RequestCancel(ApiView):
    """POST /execution-requests/{id}/cancel."""

    @extend_schema(operation_id="cancel_execution", request=CancelBody, responses=ExecutionAnswer)
    def post(self, request: Request, ref: str) -> Response:
        """Call the request off."""
        body = self.read_body(CancelBody)
        found = execution.get_request(self.actor, ref)
        return self.respond(_shown(execution.cancel_request(actor=self.actor, request=found, **body)))


def _shown(row: ExecutionRequest) -> dict[str, Any]:
    names = (
        "id", "executor", "payload", "status", "result", "error", "created_at", "updated_at", "finished_at", "version",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "project": row.project.slug,
        "task": {"id": row.task.pk, "key": row.task.key, "title": row.task.title},
        "claimed_by": row.claimed_by.slug if row.claimed_by else None,
        "requested_by": {"kind": row.actor_kind, "name": row.actor_name},
    }
