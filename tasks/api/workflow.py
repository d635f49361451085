"""The workflow over HTTP: the table, and every way to take a step of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.serializers import (
    BooleanField,
    ChoiceField,
    IntegerField,
    LineField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.api.views import ApiView
from tasks.api.bodies import MAX_REASON, LeaseField, UndoableField, WorkBody
from tasks.api.descriptions import ChangedTaskAnswer, DryRunAnswer, TaskAnswer, WorkflowAnswer
from tasks.api.references import task_in
from tasks.api.tasks import REF_LENGTH, TaskView
from tasks.models import Task
from tasks.modes import Act
from tasks.services import blocking, board
from tasks.services.tasks import report_progress
from tasks.services.transition import Step, dry_run, transition
from tasks.services.undoable import undoable
from tasks.workflow import Status, as_table


class StepBody(WorkBody):
    """POST /tasks/{task}/transition."""

    to = ChoiceField(choices=Status.choices)
    reason = TextField(required=False, allow_blank=True, max_length=MAX_REASON)
    lease_token = LeaseField()
    override = BooleanField(required=False)
    undoable = UndoableField()


class TryBody(WorkBody):
    """POST /tasks/{task}/transition/dry-run."""

    to = ChoiceField(choices=Status.choices)
    reason = TextField(required=False, allow_blank=True, max_length=MAX_REASON)
    lease_token = LeaseField()
    override = BooleanField(required=False)


class StatusBody(StrictSerializer):
    """PATCH /tasks/{task}/status."""

    status = ChoiceField(choices=Status.choices)
    progress = IntegerField(required=False, min_value=0, max_value=100)
    blocked_reason = TextField(required=False, allow_blank=True, max_length=MAX_REASON)
    lease_token = LeaseField()


class BlockBody(StrictSerializer):
    """POST /tasks/{task}/block."""

    reason = TextField(max_length=MAX_REASON)
    lease_token = LeaseField()


class UnblockBody(StrictSerializer):
    """POST /tasks/{task}/unblock."""

    to = ChoiceField(choices=Status.choices, required=False)
    note = TextField(required=False, allow_blank=True, max_length=MAX_REASON)


class MoveBody(WorkBody):
    """POST /tasks/{task}/move; `before` and `after` name the neighbours by key or id."""

    to = ChoiceField(choices=Status.choices, required=False)
    before = LineField(required=False, allow_null=True, max_length=REF_LENGTH)
    after = LineField(required=False, allow_null=True, max_length=REF_LENGTH)
    reason = TextField(required=False, allow_blank=True, max_length=MAX_REASON)
    override = BooleanField(required=False)
    undoable = UndoableField()


class WorkflowTable(ApiView):
    """GET /workflow."""

    @extend_schema(operation_id="get_workflow", responses=WorkflowAnswer)
    def get(self, request: Request) -> Response:
        """The transition table: statuses, and every edge with its actors and requirements."""
        return self.respond(as_table())


class TaskTransition(TaskView):
    """POST /tasks/{task}/transition."""

    @extend_schema(operation_id="transition_task", request=StepBody, responses=ChangedTaskAnswer)
    def post(self, request: Request, task: str) -> Response:
        """Take one step of the workflow. A refusal (422) lists everything that is missing."""
        body = self.read_body(StepBody)
        wanted = body.pop("undoable", False)
        with undoable(self.actor, wanted=wanted) as made:
            taken = transition(actor=self.actor, task=self.find(task), step=Step(**body))
        return self.show(taken, made=made)


class TaskDryRun(TaskView):
    """POST /tasks/{task}/transition/dry-run."""

    idempotency = "off"

    @extend_schema(operation_id="try_transition", request=TryBody, responses=DryRunAnswer)
    def post(self, request: Request, task: str) -> Response:
        """What a step would need and do, without taking it."""
        step = Step(**self.read_body(TryBody))
        found = dry_run(actor=self.actor, task=self.find(task, act=Act.READ), step=step)
        return self.respond(
            {
                "allowed": found.allowed,
                "missing": [each.as_dict() for each in found.missing],
                "effects": found.effects,
                "refusal": found.refusal,
                "code": found.code,
            }
        )


class TaskStatus(TaskView):
    """PATCH /tasks/{task}/status."""

    @extend_schema(operation_id="set_task_status", request=StatusBody, responses=TaskAnswer)
    def patch(self, request: Request, task: str) -> Response:
        """The short form agents use while they work."""
        body = self.read_body(StatusBody)
        return self.show(self._set(self.find(task), body))

    def _set(self, task: Task, body: dict[str, Any]) -> Task:
        progress, token = body.get("progress"), body.get("lease_token")
        if body["status"] == task.status and progress is not None:
            return report_progress(actor=self.actor, task=task, progress=progress, lease_token=token)
        step = Step(
            to=body["status"], reason=body.get("blocked_reason", ""), progress=progress, lease_token=token
        )
        return transition(actor=self.actor, task=task, step=step)


class TaskBlock(TaskView):
    """POST /tasks/{task}/block."""

    @extend_schema(operation_id="block_task", request=BlockBody, responses=TaskAnswer)
    def post(self, request: Request, task: str) -> Response:
        """Stop a task, with the reason."""
        step = Step(to=Status.BLOCKED, **self.read_body(BlockBody))
        return self.show(transition(actor=self.actor, task=self.find(task), step=step))


class TaskUnblock(TaskView):
    """POST /tasks/{task}/unblock."""

    @extend_schema(operation_id="unblock_task", request=UnblockBody, responses=TaskAnswer)
    def post(self, request: Request, task: str) -> Response:
        """Lift a block; without `to` the task goes back to where it came from, or as near as the rules allow."""
        body = self.read_body(UnblockBody)
        found = blocking.unblock(
            actor=self.actor, task=self.find(task), to=body.get("to"), note=body.get("note", "")
        )
        return self.show(found)


class TaskMove(TaskView):
    """POST /tasks/{task}/move."""

    @extend_schema(operation_id="move_task", request=MoveBody, responses=ChangedTaskAnswer)
    def post(self, request: Request, task: str) -> Response:
        """Put a card into another column, or at another place in its own."""
        body = self.read_body(MoveBody)
        found = self.find(task)
        before, after = (self._neighbour(found, body, end) for end in ("before", "after"))
        wanted = body.pop("undoable", False)
        step = Step(**body) if "to" in body else None
        with undoable(self.actor, wanted=wanted) as made:
            moved = board.move(actor=self.actor, task=found, step=step, before=before, after=after)
        return self.show(moved, made=made)

    def _neighbour(self, task: Task, body: dict[str, Any], end: str) -> Task | None:
        ref = body.pop(end, None)
        return task_in(task.project, ref, end) if ref else None
