"""Who is on a task, and what it waits for, over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    FilterSerializer,
    LineField,
    ListField,
    SlugField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.errors import FieldError, Malformed
from tasks.api.bodies import MAX_REASON, UndoableField
from tasks.api.descriptions import DEPENDENCIES, ChangedTaskAnswer, DependencyAnswer
from tasks.api.references import task_in
from tasks.api.tasks import REF_LENGTH, TaskView
from tasks.models import Task
from tasks.services.access import Need
from tasks.services.assigning import MODES, assign, resolve_assignees
from tasks.services.dependencies import add_dependency, remove_dependency
from tasks.services.reassigning import find_successor, reassign
from tasks.services.undoable import undoable

SHOWN = ("id", "key", "title", "status")


class AssignBody(StrictSerializer):
    """Who, and whether to set, add or remove them."""

    agents = ListField(child=SlugField(max_length=60), required=False, max_length=50)
    users = ListField(child=LineField(max_length=150), required=False, max_length=50)
    mode = ChoiceField(choices=MODES, required=False)


class AssignTaskBody(AssignBody):
    """POST /tasks/{task}/assign."""

    undoable = UndoableField()


class ReassignBody(StrictSerializer):
    """POST /tasks/{task}/reassign; `agent` null gives it back to the pool."""

    agent = SlugField(max_length=60, allow_null=True)
    held_by = SlugField(max_length=60, required=False)
    reason = TextField(required=False, allow_blank=True, max_length=MAX_REASON)
    undoable = UndoableField()


class DependencyBody(StrictSerializer):
    """POST and DELETE /tasks/{task}/dependencies."""

    depends_on = LineField(max_length=REF_LENGTH)


class DependencyParameter(FilterSerializer):
    """`?depends_on=` of a DELETE without a body."""

    paged = False
    depends_on = LineField(max_length=REF_LENGTH, required=False)


class TaskAssign(TaskView):
    """POST /tasks/{task}/assign."""

    @extend_schema(operation_id="assign_task", request=AssignTaskBody, responses=ChangedTaskAnswer)
    def post(self, request: Request, task: str) -> Response:
        """Set, add or remove assignees; the status follows, and who is new on it is told."""
        body = self.read_body(AssignTaskBody)
        found = self.find(task)
        agents, users = resolve_assignees(found.project, body.get("agents", ()), body.get("users", ()))
        mode = body.get("mode", "set")
        with undoable(self.actor, wanted=body.get("undoable", False)) as made:
            assigned = assign(actor=self.actor, task=found, agents=agents, users=users, mode=mode)
        return self.show(assigned, made=made)


class TaskReassign(TaskView):
    """POST /tasks/{task}/reassign."""

    @extend_schema(operation_id="reassign_task", request=ReassignBody, responses=ChangedTaskAnswer)
    def post(self, request: Request, task: str) -> Response:
        """Give it to another agent, or back to the pool; whoever holds it loses it at once."""
        body = self.read_body(ReassignBody)
        found, slug = self.find(task), body.pop("agent")
        agent = find_successor(found.project, slug) if slug else None
        with undoable(self.actor, wanted=body.pop("undoable", False)) as made:
            given = reassign(actor=self.actor, task=found, agent=agent, **body)
        return self.show(given, made=made)


class DependencyList(TaskView):
    """GET, POST and DELETE /tasks/{task}/dependencies."""

    @extend_schema(operation_id="list_dependencies", responses=DEPENDENCIES)
    def get(self, request: Request, task: str) -> Response:
        """The tasks this one waits for, in the order they were named."""
        waited_for = Task.objects.filter(dependents__task=self.find(task, Need.READ))
        rows = waited_for.order_by("dependents__id").values(*SHOWN)
        return self.respond({"results": list(rows), "next": None})

    @extend_schema(operation_id="add_dependency", request=DependencyBody, responses={201: DependencyAnswer})
    def post(self, request: Request, task: str) -> Response:
        """Let the task wait for another; a circle is refused."""
        found = self.find(task)
        other = task_in(found.project, self.read_body(DependencyBody)["depends_on"], "depends_on")
        add_dependency(actor=self.actor, task=found, depends_on=other)
        return self.respond({name: getattr(other, name) for name in SHOWN}, status=201)

    @extend_schema(
        operation_id="remove_dependency",
        parameters=[DependencyParameter],
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, task: str) -> Response:
        """Let the task wait no longer."""
        found = self.find(task)
        other = task_in(found.project, self._named(), "depends_on")
        remove_dependency(actor=self.actor, task=found, depends_on=other)
        return self.respond(None, status=204)

    def _named(self) -> str:
        given: dict[str, Any] = self.query(DependencyParameter)
        if "depends_on" in given:
            return str(given["depends_on"])
        if not self.request.data:
            message = "Say which one: ?depends_on="
            raise Malformed(message, errors=[FieldError("depends_on", message)])
        return str(self.read_body(DependencyBody)["depends_on"])
