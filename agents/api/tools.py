"""The tool endpoints: what an agent's runtime calls while the agent works."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.tools import TOOL_ANSWERS
from agents.api.tool_view import ToolView
from agents.models import DocumentKind
from agents.services import documents, responses
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    InstantField,
    IntegerField,
    LineField,
    ListField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, Refused
from tasks.api.bodies import ChecklistBody, DeliverableBody, LeaseField, WorkPlanBody
from tasks.api.representation import task_json
from tasks.models import MessageType, Task, TaskType
from tasks.modes import Act
from tasks.services.access import Need, get_task, require
from tasks.services.assigning import MODES, assign, resolve_assignees
from tasks.services.tasks import create_task
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition

STATUSES = ["in_progress", "review", "done", "blocked"]
SPOKEN = [kind for kind in MessageType.values if kind not in {"system", "approval_request", "review"}]
LAST_MESSAGES = 25


def _names(**options: Any) -> ListField:
    return ListField(child=LineField(max_length=150), required=False, default=list, max_length=100, **options)


class TaskRef(StrictSerializer):
    """A task by id or key."""

    taskId = LineField(max_length=64)


class StatusTool(TaskRef):
    """POST /agent/task-status. Plan, deliverable and checklist are what a guarded project asks for."""

    status = ChoiceField(choices=STATUSES)
    blockedReason = TextField(required=False, allow_blank=True, default="", max_length=10_000)
    workPlan = WorkPlanBody(required=False)
    deliverable = DeliverableBody(required=False)
    checklist = ChecklistBody(required=False)
    leaseToken = LeaseField()


class MessageTool(TaskRef):
    """POST /agent/task-message."""

    content = TextField()
    type = ChoiceField(choices=SPOKEN, required=False, default="comment")
    replyTo = serializers.UUIDField(required=False, allow_null=True)
    leaseToken = LeaseField()


class CreateTool(StrictSerializer):
    """POST /agent/task-create, in the agent's own project."""

    title = LineField()
    description = TextField(required=False, allow_blank=True, default="")
    type = ChoiceField(choices=TaskType.choices, required=False, default=TaskType.ENGINEERING)
    priority = IntegerField(min_value=1, max_value=4, required=False, allow_null=True)
    labels = ListField(child=LineField(max_length=60), required=False, default=list, max_length=50)
    requiredSkills = ListField(child=LineField(max_length=60), required=False, default=list, max_length=50)
    agents = _names()
    users = _names()
    parentId = LineField(max_length=64, required=False, allow_null=True)
    dueAt = InstantField(required=False, allow_null=True)


class AssignTool(TaskRef):
    """POST /agent/task-assign."""

    agents = _names()
    users = _names()
    mode = ChoiceField(choices=MODES, required=False, default="add")


class DocumentTool(StrictSerializer):
    """POST /agent/document: with `content` it writes, without it reads. Daily notes may name a `date`."""

    kind = ChoiceField(choices=DocumentKind.choices)
    content = TextField(required=False, allow_blank=True)
    date = serializers.DateField(required=False, allow_null=True)


class ResponseTool(TaskRef):
    """POST /agent/response-request: `to` are agents' slugs, `users` people's names; ten at most together."""

    question = TextField(max_length=10_000)
    to = _names()
    users = _names()


class TaskStatus(ToolView):
    """Moves a task; the same status again succeeds and changes nothing."""

    @extend_schema(operation_id="tool_task_status", request=StatusTool, responses=TOOL_ANSWERS)
    def post(self, request: Request) -> Response:
        """Take the step, or say everything that it lacks."""
        body = self.read_body(StatusTool)
        task = get_task(self.actor, body["taskId"], Need.WRITE)
        return self.done(**_state(transition(actor=self.actor, task=task, step=_step(body))))


class TaskMessage(ToolView):
    """Says something in a task's thread."""

    @extend_schema(operation_id="tool_task_message", request=MessageTool, responses=TOOL_ANSWERS)
    def post(self, request: Request) -> Response:
        """Post the message."""
        body = self.read_body(MessageTool)
        task = get_task(self.actor, body["taskId"], Need.WRITE, act=Act.MESSAGE)
        message = post_message(
            actor=self.actor,
            task=task,
            content=body["content"],
            type=body["type"],
            reply_to=body.get("replyTo"),
            lease_token=body.get("leaseToken"),
        )
        return self.done(taskId=task.pk, key=task.key, messageId=message.pk)


class TaskCreate(ToolView):
    """Makes a task."""

    @extend_schema(operation_id="tool_task_create", request=CreateTool, responses=TOOL_ANSWERS)
    def post(self, request: Request) -> Response:
        """Make the task in the agent's project."""
        body = self.read_body(CreateTool)
        project = self.agent.project
        require(self.actor, project, Need.WRITE)
        agents, users = resolve_assignees(project, body["agents"], body["users"])
        parent = get_task(self.actor, body["parentId"]) if body.get("parentId") else None
        task = create_task(
            actor=self.actor,
            project=project,
            title=body["title"],
            description=body["description"],
            type=body["type"],
            priority=body.get("priority"),
            labels=body["labels"],
            required_skills=body["requiredSkills"],
            agents=agents,
            users=users,
            parent=parent,
            due_at=body.get("dueAt"),
        )
        return self.done(**_state(task))


class TaskLoad(ToolView):
    """Shows a task with the end of its thread."""

    @extend_schema(operation_id="tool_task_load", request=TaskRef, responses=TOOL_ANSWERS)
    def post(self, request: Request) -> Response:
        """The task as the API shows it, and its last messages, oldest first."""
        task = get_task(self.actor, self.read_body(TaskRef)["taskId"])
        said = task.messages.filter(deleted_at__isnull=True).order_by("-created_at", "-id")[:LAST_MESSAGES]
        messages = [_said(message) for message in reversed(said)]
        return self.done(task=task_json(task, self.actor, database_now()), messages=messages)


class TaskAssign(ToolView):
    """Puts agents and people on a task, or takes them off."""

    @extend_schema(operation_id="tool_task_assign", request=AssignTool, responses=TOOL_ANSWERS)
    def post(self, request: Request) -> Response:
        """Add them, when nothing else is said."""
        body = self.read_body(AssignTool)
        task = get_task(self.actor, body["taskId"], Need.WRITE)
        agents, users = resolve_assignees(task.project, body["agents"], body["users"])
        task = assign(actor=self.actor, task=task, agents=agents, users=users, mode=body["mode"])
        return self.done(**_state(task))


class Document(ToolView):
    """Reads and writes the agent's documents."""

    @extend_schema(operation_id="tool_document", request=DocumentTool, responses=TOOL_ANSWERS)
    def post(self, request: Request) -> Response:
        """Write when there is content, else read."""
        body = self.read_body(DocumentTool)
        kind, agent = body["kind"], self.agent
        day = documents.today_of(body.get("date"), kind, database_now().date())
        if "content" in body:
            found = documents.put_document(
                actor=self.actor, agent=agent, kind=kind, content=body["content"], day=day
            )
        else:
            found = documents.find_document(agent, kind, day)
        names = ("kind", "date", "content", "version")
        return self.done(document={name: getattr(found, name) for name in names})


class ResponseRequestView(ToolView):
    """Asks others for an answer."""

    @extend_schema(
        operation_id="tool_response_request",
        request=ResponseTool,
        responses=TOOL_ANSWERS,
    )
    def post(self, request: Request) -> Response:
        """Ask; who has not answered an earlier request yet is named, not asked again."""
        body = self.read_body(ResponseTool)
        task = get_task(self.actor, body["taskId"], Need.WRITE, act=Act.MESSAGE)
        asked = responses.request_responses(
            actor=self.actor, task=task, agents=body["to"], users=body["users"], question=body["question"]
        )
        return self.done(
            taskId=task.pk,
            key=task.key,
            messageId=asked.message.pk if asked.message else None,
            asked=[responses.name_of(who) for who in asked.asked],
            stillOpen=[responses.name_of(who) for who in asked.still_open],
        )


def _step(body: dict[str, Any]) -> Step:
    reason = body["blockedReason"] if body["status"] == "blocked" else ""
    if body["status"] == "blocked" and not reason:
        message = "Say why the task is blocked."
        raise Refused(message, code="reason_missing", errors=[FieldError("blockedReason", message)])
    return Step(
        to=body["status"],
        reason=reason,
        work_plan=body.get("workPlan"),
        deliverable=body.get("deliverable"),
        checklist=body.get("checklist"),
        lease_token=body.get("leaseToken"),
    )


def _state(task: Task) -> dict[str, Any]:
    return {"taskId": task.pk, "key": task.key, "status": task.status, "version": task.version}


def _said(message: Any) -> dict[str, Any]:
    by = {"kind": message.actor_kind, "name": message.actor_name}
    return {
        "id": message.pk,
        "type": message.type,
        "by": by,
        "content": message.content,
        "at": message.created_at,
    }
