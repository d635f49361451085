"""Taking back one's own changes over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.serializers import LineField, ListField, StrictSerializer
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import NotFound
from tasks.api.bulk import refused_row
from tasks.api.descriptions import BulkAnswer, ProlongedAnswer, TaskAnswer
from tasks.api.tasks import REF_LENGTH, TaskView
from tasks.models import Change
from tasks.services import undo
from tasks.services.undo import Undone

MAX_CHANGES = 300


class UndoBody(StrictSerializer):
    """POST /tasks/{task}/undo; without `change` the caller's latest one."""

    change = LineField(required=False, max_length=REF_LENGTH)


class ChangesBody(StrictSerializer):
    """The changes, as the answers named them under `undo`."""

    changes = ListField(child=LineField(max_length=REF_LENGTH), min_length=1, max_length=MAX_CHANGES)


class TaskUndo(TaskView):
    """POST /tasks/{task}/undo."""

    @extend_schema(operation_id="undo_change", request=UndoBody, responses=TaskAnswer)
    def post(self, request: Request, task: str) -> Response:
        """Take back a change of one's own while that is possible; nobody who had not heard of it ever does."""
        body = self.read_body(UndoBody)
        return self.show(undo.undo(actor=self.actor, changes=[self._change(task, body.get("change"))]))

    def _change(self, ref: str, named: str | None) -> Change:
        task = self.find(ref)
        if named is None:
            return undo.last_change(self.actor, task)
        change = undo.get_change(self.actor, named)
        if change.task_id != task.pk:
            raise NotFound("There is no such change.")
        return change


class ChangesUndo(ApiView):
    """POST /tasks/undo."""

    idempotency = "manual"

    @extend_schema(operation_id="undo_changes", request=ChangesBody, responses=BulkAnswer)
    def post(self, request: Request) -> Response:
        """Take back many changes of one's own; those of one task all or none, and a refusal stops no other task."""
        outcomes = undo.undo_each(actor=self.actor, refs=self.read_body(ChangesBody)["changes"])
        results = [_told(outcome) for outcome in outcomes]
        failed = sum(outcome.refusal is not None for outcome in outcomes)
        return self.respond({"done": len(outcomes) - failed, "failed": failed, "results": results})


class ChangesProlong(ApiView):
    """POST /tasks/undo/prolong."""

    @extend_schema(operation_id="prolong_undo", request=ChangesBody, responses=ProlongedAnswer)
    def post(self, request: Request) -> Response:
        """Ask for a little more time to undo, for who reads slowly: a minute from the change on at most."""
        until = undo.prolong(actor=self.actor, refs=self.read_body(ChangesBody)["changes"])
        return self.respond({"until": until})


def _told(outcome: Undone) -> dict[str, Any]:
    if outcome.refusal is not None:
        return refused_row(outcome.ref, outcome.refusal)
    task = outcome.task
    assert task is not None
    return {"task": outcome.ref, "ok": True, "status": task.status, "version": task.version}
