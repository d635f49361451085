"""Tasks over HTTP: list, create, read, edit."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    BooleanField,
    ChoiceField,
    FilterSerializer,
    InstantField,
    IntegerField,
    LineField,
    ListField,
    SlugField,
    TextField,
)
from missioncontrol.kernel.api.versions import etag_for, expected_version
from missioncontrol.kernel.api.views import ApiView
from tasks.api.bodies import LeaseField, ReviewerBody, UndoableField, WorkBody
from tasks.api.descriptions import TASKS, ChangedTaskAnswer, TaskAnswer
from tasks.api.references import reviewer_in, task_in, tasks_in
from tasks.api.representation import list_json, task_json, undo_json
from tasks.filter_grammar import MAX_LENGTH, parse
from tasks.models import Priority, Project, Source, Task, TaskType
from tasks.modes import Act
from tasks.queries.filtering import Asker, filtered
from tasks.queries.tasks import BEHIND, ORDERINGS, PLAIN, narrowed
from tasks.recording import Recording
from tasks.services import tasks as services
from tasks.services.access import Need, get_project, get_task, visible_tasks
from tasks.services.assigning import resolve_assignees
from tasks.services.undoable import undoable
from tasks.workflow import Status

REF_LENGTH = 64


class TaskFields(WorkBody):
    """What the creator of a task and its editors may set."""

    description = TextField(required=False, allow_blank=True)
    type = ChoiceField(choices=TaskType.choices, required=False)
    priority = IntegerField(required=False, allow_null=True, min_value=1, max_value=4)
    labels = ListField(child=LineField(max_length=60), required=False, max_length=50)
    required_skills = ListField(child=LineField(max_length=60), required=False, max_length=50)
    reviewer = ReviewerBody(required=False, allow_null=True)
    parent = LineField(required=False, allow_null=True, max_length=REF_LENGTH)  # type: ignore[assignment]
    due_at = InstantField(required=False, allow_null=True)
    estimate_minutes = IntegerField(required=False, allow_null=True, min_value=0)
    budget = serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=0, required=False, allow_null=True
    )
    external_chat_id = LineField(required=False, allow_blank=True, max_length=100)
    external_thread_id = LineField(required=False, allow_blank=True, max_length=100)


class NewTaskBody(TaskFields):
    """POST /tasks."""

    project = SlugField(max_length=60)
    title = LineField()
    agents = ListField(child=SlugField(max_length=60), required=False, max_length=50)
    users = ListField(child=LineField(max_length=150), required=False, max_length=50)
    dependencies = ListField(child=LineField(max_length=REF_LENGTH), required=False, max_length=100)
    source_ref = LineField(required=False, allow_blank=True, max_length=200)


class TaskChanges(TaskFields):
    """PATCH /tasks/{task}."""

    title = LineField(required=False)
    progress = IntegerField(required=False, min_value=0, max_value=100)
    progress_note = LineField(required=False, allow_blank=True, max_length=500)
    version = IntegerField(required=False, min_value=1)
    lease_token = LeaseField()
    undoable = UndoableField()


class TaskFilters(FilterSerializer):
    """GET /tasks."""

    project = SlugField(max_length=60, required=False)
    status = ListField(child=ChoiceField(choices=Status.choices), required=False)
    assignee = LineField(max_length=150, required=False)
    label = LineField(max_length=60, required=False)  # type: ignore[assignment]
    type = ListField(child=ChoiceField(choices=TaskType.choices), required=False)
    priority = ListField(child=IntegerField(min_value=1, max_value=max(Priority.values)), required=False)
    q = LineField(max_length=200, required=False)
    updated_since = InstantField(required=False)
    created_by = LineField(max_length=150, required=False)
    parent = LineField(max_length=REF_LENGTH, required=False)  # type: ignore[assignment]
    source = ListField(child=ChoiceField(choices=Source.choices), required=False)  # type: ignore[assignment]
    blocked = BooleanField(required=False)
    overdue = BooleanField(required=False)
    mine = BooleanField(required=False)
    filter = LineField(
        max_length=MAX_LENGTH,
        required=False,
        help_text="The language of the board's search field: `is:blocked agent:ada label:api age:>2d -type:docs`.",
    )


class TaskView(ApiView):
    """What the views of one task share."""

    def find(self, ref: str, need: Need = Need.WRITE, act: Act | None = None) -> Task:
        """The task the address names. Raises NotFound or Forbidden."""
        return get_task(self.actor, ref, need, act=act)

    def show(self, task: Task, status: int = 200, made: Recording | None = None) -> Response:
        """The task in full, with its version as entity tag, and how to undo the change that was `made`."""
        headers = {"ETag": etag_for(task.version)}
        if status == 201:
            headers["Location"] = f"/api/v1/tasks/{task.key}"
        shown = task_json(task, self.actor, timezone.now()) | ({"undo": undo_json(made)} if made else {})
        return self.respond(shown, status, headers)


class TaskList(TaskView):
    """GET and POST /tasks."""

    @extend_schema(operation_id="list_tasks", parameters=[TaskFilters], responses=TASKS)
    def get(self, request: Request) -> Response:
        """The tasks the caller may see."""
        wanted = self.query(TaskFilters)
        tasks = visible_tasks(self.actor)
        if slug := wanted.pop("project", ""):
            tasks = Task.objects.filter(project=get_project(self.actor, slug))
        if text := wanted.pop("filter", ""):
            tasks = filtered(tasks, parse(text), Asker(self.actor.user_id, self.actor.agent_id))
        return self.respond(tasks_page(tasks, request, self.actor, _whose(wanted, self.actor)))

    @extend_schema(operation_id="create_task", request=NewTaskBody, responses={201: TaskAnswer})
    def post(self, request: Request) -> Response:
        """Make a task."""
        body = self.read_body(NewTaskBody)
        project = get_project(self.actor, body.pop("project"), Need.WRITE)
        task = services.create_task(
            actor=self.actor, project=project, source=self._source(), **_new(self.actor, project, body)
        )
        return self.show(task, 201)

    def _source(self) -> str:
        person = self.credential is not None and self.credential.kind == "session"
        return Source.DASHBOARD if person else Source.API


class TaskDetail(TaskView):
    """GET and PATCH /tasks/{task}."""

    @extend_schema(operation_id="get_task", responses=TaskAnswer)
    def get(self, request: Request, task: str) -> Response:
        """One task, with the steps the caller could take."""
        return self.show(self.find(task, Need.READ))

    @extend_schema(operation_id="edit_task", request=TaskChanges, responses=ChangedTaskAnswer)
    def patch(self, request: Request, task: str) -> Response:
        """Change fields of a task; send `If-Match` or `version` to be told of others' edits."""
        body = self.read_body(TaskChanges)
        version = expected_version(request, body)
        token = body.pop("lease_token", None)
        body.pop("version", None)
        found = self.find(task)
        wanted = body.pop("undoable", False)
        changes = _resolved(self.actor, found.project, body)
        with undoable(self.actor, wanted=wanted) as made:
            edited = services.edit_task(
                actor=self.actor, task=found, changes=changes, expected_version=version, lease_token=token
            )
        return self.show(edited, made=made)


class SubtaskList(TaskView):
    """GET /tasks/{task}/subtasks."""

    @extend_schema(operation_id="list_subtasks", responses=TASKS)
    def get(self, request: Request, task: str) -> Response:
        """The tasks below this one."""
        found = self.find(task, Need.READ)
        return self.respond(
            tasks_page(Task.objects.filter(parent=found), request, self.actor, {}, ordering="created")
        )


def tasks_page(
    tasks: Any, request: Request, actor: Actor, wanted: dict[str, Any], *, ordering: str = "-created"
) -> dict[str, Any]:
    """One page of `tasks`, narrowed by the filters of `queries.tasks.narrowed`: two queries."""
    now = timezone.now()
    rows = narrowed(tasks, wanted, now).values(*PLAIN, *BEHIND, "rank")
    found = page(rows, request, ordering=ordering, allowed=ORDERINGS)
    return {"results": list_json(found["results"], actor, now), "next": found["next"]}


def _whose(wanted: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """`mine` as the caller means it: an agent's are those it is assigned to or reviews, like a person's."""
    if wanted.pop("mine", False):
        wanted |= {"my_agent": actor.agent_id} if actor.is_agent else {"mine": actor.user_id or 0}
    return wanted


def _new(actor: Actor, project: Project, body: dict[str, Any]) -> dict[str, Any]:
    agents, users = resolve_assignees(project, body.pop("agents", ()), body.pop("users", ()))
    dependencies = tasks_in(project, body.pop("dependencies", ()), "dependencies")
    fields = _resolved(actor, project, body)
    return {**fields, "agents": agents, "users": users, "dependencies": dependencies}


def _resolved(actor: Actor, project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """The body with its parent and reviewer looked up, its lists free of repetitions."""
    fields: dict[str, Any] = {
        name: list(dict.fromkeys(value)) if name in {"labels", "required_skills"} else value
        for name, value in body.items()
    }
    if fields.get("parent"):
        fields["parent"] = task_in(project, fields["parent"], "parent")
    if fields.get("reviewer"):
        fields["reviewer"] = reviewer_in(project, fields["reviewer"])
    return fields
