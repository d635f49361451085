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
)
from missioncontrol.kernel.errors import FieldError, Malformed
from tasks.api.descriptions import DEPENDENCIES, DependencyAnswer, TaskAnswer
from tasks.api.references import task_in
from tasks.api.tasks import REF_LENGTH, TaskView
from tasks.models import Task
from tasks.services.access import Need
from tasks.services.assigning import MODES, assign, resolve_assignees
from tasks.services.dependencies import add_dependency, remove_dependency

SHOWN = ("id", "key", "title", "status")


class AssignBody(StrictSerializer):
    """POST /tasks/{task}/assign."""

    agents = ListField(child=SlugField(max_length=60), required=False, max_length=50)
    users = ListField(child=LineField(max_length=150), required=False, max_length=50)
    mode = ChoiceField(choices=MODES, required=False)


class DependencyBody(StrictSerializer):
    """POST and DELETE /tasks/{task}/dependencies."""

    depends_on = LineField(max_length=REF_LENGTH)


class DependencyParameter(FilterSerializer):
    """`?depends_on=` of a DELETE without a body."""

    paged = False
    depends_on = LineField(max_length=REF_LENGTH, required=False)


class TaskAssign(TaskView):
    """POST /tasks/{task}/assign."""

    @extend_schema(operation_id="assign_task", request=AssignBody, responses=TaskAnswer)
    def post(self, request: Request, task: str) -> Response:
        """Set, add or remove assignees; the status follows, and who is new on it is told."""
        body = self.read_body(AssignBody)
        found = self.find(task)
        agents, users = resolve_assignees(found.project, body.get("agents", ()), body.get("users", ()))
        return self.show(
            assign(actor=self.actor, task=found, agents=agents, users=users, mode=body.get("mode", "set"))
        )


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
