"""One change to many cards over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.serializers import (
    BooleanField,
    ChoiceField,
    IntegerField,
    LineField,
    ListField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import DomainError
from tasks.api.assigning import AssignBody
from tasks.api.bodies import MAX_REASON, UndoableField
from tasks.api.descriptions import BulkAnswer
from tasks.api.representation import undo_json
from tasks.api.tasks import REF_LENGTH
from tasks.services import bulk
from tasks.services.bulk import Change, Outcome
from tasks.services.transition import Step
from tasks.workflow import Status

MAX_TASKS = 100
CHANGES = ("move", "assign", "labels", "priority")


class BulkMove(StrictSerializer):
    """To another column."""

    to = ChoiceField(choices=Status.choices)
    reason = TextField(required=False, allow_blank=True, max_length=MAX_REASON)
    override = BooleanField(required=False)


class BulkLabels(StrictSerializer):
    """Labels put on and taken off."""

    add = ListField(child=LineField(max_length=60), required=False, max_length=50)
    remove = ListField(child=LineField(max_length=60), required=False, max_length=50)


class BulkBody(StrictSerializer):
    """POST /tasks/bulk: the tasks by key or id, and exactly one change."""

    tasks = ListField(child=LineField(max_length=REF_LENGTH), min_length=1, max_length=MAX_TASKS)
    move = BulkMove(required=False)
    assign = AssignBody(required=False)
    labels = BulkLabels(required=False)
    priority = IntegerField(required=False, allow_null=True, min_value=1, max_value=4)
    undoable = UndoableField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One change, so that what is told of a card is told of that change."""
        if len([name for name in CHANGES if name in attrs]) != 1:
            raise serializers.ValidationError(f"Give exactly one of {', '.join(CHANGES)}.")
        return attrs


class TasksBulk(ApiView):
    """POST /tasks/bulk."""

    idempotency = "manual"

    @extend_schema(operation_id="change_tasks", request=BulkBody, responses=BulkAnswer)
    def post(self, request: Request) -> Response:
        """Move, assign, label or prioritise up to 100 tasks; each succeeds or is refused on its own."""
        body = self.read_body(BulkBody)
        outcomes = bulk.change_each(
            actor=self.actor,
            refs=body.pop("tasks"),
            can_be_undone=body.pop("undoable", False),
            change=_change(body),
        )
        failed = sum(outcome.refusal is not None for outcome in outcomes)
        results = [_told(outcome) for outcome in outcomes]
        return self.respond({"done": len(outcomes) - failed, "failed": failed, "results": results})


def _change(body: dict[str, Any]) -> Change:
    if "move" in body:
        return bulk.moving(Step(**body["move"]))
    if "assign" in body:
        given = body["assign"]
        return bulk.assigning(given.get("agents", ()), given.get("users", ()), given.get("mode", "set"))
    if "labels" in body:
        return bulk.labelling(body["labels"].get("add", ()), body["labels"].get("remove", ()))
    return bulk.prioritising(body["priority"])


def _told(outcome: Outcome) -> dict[str, Any]:
    if outcome.refusal is not None:
        return refused_row(outcome.ref, outcome.refusal)
    task, made = outcome.task, outcome.made
    shown = {"status": task.status, "version": task.version} if task else {}
    return {"task": outcome.ref, "ok": True, **shown, **({"undo": undo_json(made)} if made else {})}


def refused_row(ref: str, refusal: DomainError) -> dict[str, Any]:
    """A card that stays as it was, and why."""
    return {
        "task": ref,
        "ok": False,
        "code": refusal.code,
        "detail": refusal.message,
        "errors": [error.as_dict() for error in refusal.errors],
    }
