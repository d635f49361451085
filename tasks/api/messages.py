"""The thread of a task over HTTP."""

from __future__ import annotations

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    FilterSerializer,
    IntegerField,
    ListField,
    StrictSerializer,
    TextField,
    UUIDField,
)
from missioncontrol.kernel.api.versions import etag_for, expected_version
from missioncontrol.kernel.api.views import ApiView
from tasks.api.bodies import ArtifactBody, LeaseField
from tasks.api.thread_shapes import MESSAGE_VERSIONS, MESSAGES, MessageAnswer, message_json, version_json
from tasks.models import Message, MessageType, MessageVersion, Task
from tasks.modes import Act
from tasks.queries.timeline import messages_of
from tasks.services.access import Need, can, get_task
from tasks.services.thread import delete_message, edit_message, get_message, post_message
from tasks.thread_rules import MAX_ARTIFACTS, MAX_CONTENT

ORDERINGS = {"created_at": ("created_at", "id")}


class NewMessageBody(StrictSerializer):
    """POST /tasks/{task}/messages. Only a message with artifacts may do without content."""

    type = ChoiceField(choices=MessageType.choices, required=False)
    content = TextField(required=False, allow_blank=True, max_length=MAX_CONTENT)
    reply_to = UUIDField(required=False, allow_null=True)
    artifacts = ListField(child=ArtifactBody(), required=False, max_length=MAX_ARTIFACTS)
    lease_token = LeaseField()


class MessageChanges(StrictSerializer):
    """PATCH /messages/{id}."""

    content = TextField(allow_blank=True, max_length=MAX_CONTENT)
    version = IntegerField(required=False, min_value=1)


class MessageFilters(FilterSerializer):
    """What a thread can be narrowed by."""

    type = ListField(child=ChoiceField(choices=MessageType.choices), required=False)


class _MessageView(ApiView):
    def show(self, message: Message, task: Task, status: int = 200) -> Response:
        """One message, with its version as entity tag."""
        prefetch_related_objects([message], "mentions__agent", "mentions__user")
        return self.respond(message_json(message, task), status, {"ETag": etag_for(message.version)})


class MessageList(_MessageView):
    """GET and POST /tasks/{task}/messages."""

    @extend_schema(operation_id="list_messages", parameters=[MessageFilters], responses=MESSAGES)
    def get(self, request: Request, task: str) -> Response:
        """The thread, oldest message first; deleted ones keep their place without their content."""
        found = get_task(self.actor, task)
        rows = messages_of(found)
        if types := self.query(MessageFilters).get("type"):
            rows = rows.filter(type__in=types)
        shown = page(
            rows,
            request,
            ordering="created_at",
            allowed=ORDERINGS,
            row=lambda message: message_json(message, found),
        )
        return self.respond(shown)

    @extend_schema(operation_id="post_message", request=NewMessageBody, responses={201: MessageAnswer})
    def post(self, request: Request, task: str) -> Response:
        """Say something; `@slug`, `@"Full Name"` and `@all` tell those they name."""
        found = get_task(self.actor, task, Need.WRITE, act=Act.MESSAGE)
        message = post_message(actor=self.actor, task=found, **self.read_body(NewMessageBody))
        return self.show(message, found, 201)


class MessageDetail(_MessageView):
    """GET, PATCH and DELETE /messages/{id}."""

    @extend_schema(operation_id="get_message", responses=MessageAnswer)
    def get(self, request: Request, message: str) -> Response:
        """One message."""
        found = get_message(self.actor, message)
        return self.show(found, found.task)

    @extend_schema(operation_id="edit_message", request=MessageChanges, responses=MessageAnswer)
    def patch(self, request: Request, message: str) -> Response:
        """Change one's own message; the earlier version is kept."""
        body = self.read_body(MessageChanges)
        found = get_message(self.actor, message, Need.WRITE)
        edited = edit_message(
            actor=self.actor,
            message=found,
            content=body["content"],
            expected_version=expected_version(request, body),
        )
        return self.show(edited, found.task)

    @extend_schema(operation_id="delete_message", request=None, responses={204: None})
    def delete(self, request: Request, message: str) -> Response:
        """Take a message out of the thread; operators may take out anybody's."""
        delete_message(actor=self.actor, message=get_message(self.actor, message, Need.WRITE))
        return self.respond(None, status=204)


class MessageVersions(ApiView):
    """GET /messages/{id}/versions."""

    @extend_schema(operation_id="list_message_versions", responses=MESSAGE_VERSIONS)
    def get(self, request: Request, message: str) -> Response:
        """What the message said before; of a deleted one only its author and operators see it."""
        found = get_message(self.actor, message)
        hidden = found.deleted_at is not None and not self._may_look_back(found)
        rows = MessageVersion.objects.none() if hidden else found.versions.all()
        allowed = {"version": ("version", "id")}
        return self.respond(page(rows, request, ordering="version", allowed=allowed, row=version_json))

    def _may_look_back(self, message: Message) -> bool:
        return message.is_by(self.actor) or can(self.actor, message.task.project, Need.OPERATE)
