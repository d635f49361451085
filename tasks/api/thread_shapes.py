"""How messages, reviews and the timeline look in answers, and what the OpenAPI document says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework import serializers

from missioncontrol.kernel.api.schema import Described, listed
from tasks.models import (
    ActorKinds,
    Event,
    Message,
    MessageType,
    MessageVersion,
    Review,
    ReviewKind,
    ReviewState,
    Task,
    Transition,
)
from tasks.queries.timeline import Entry, mentioned_in
from tasks.workflow import Status


class ActorAnswer(Described):
    """Who did it."""

    kind = serializers.ChoiceField(choices=ActorKinds.choices)
    id = serializers.CharField()
    name = serializers.CharField(help_text="The name as it was then.")


class ArtifactAnswer(Described):
    """Something made, by reference."""

    name = serializers.CharField()
    type = serializers.CharField()
    url = serializers.URLField(required=False)


class MentionsAnswer(Described):
    """Whom a message names."""

    agents = serializers.ListField(child=serializers.CharField(), help_text="Slugs.")
    users = serializers.ListField(child=serializers.CharField(), help_text="User names.")


class MessageAnswer(Described):
    """One message of a thread."""

    id = serializers.UUIDField()
    task = serializers.CharField(help_text="The task's key.")
    type = serializers.ChoiceField(choices=MessageType.choices)
    content = serializers.CharField(help_text="Markdown; empty when deleted.")
    artifacts = ArtifactAnswer(many=True)
    author = ActorAnswer()
    mentions = MentionsAnswer()
    reply_to = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class MessageVersionAnswer(Described):
    """What a message said before it was changed."""

    version = serializers.IntegerField()
    content = serializers.CharField()
    artifacts = ArtifactAnswer(many=True)
    changed_by = ActorAnswer()
    changed_at = serializers.DateTimeField()


class FileAnswer(Described):
    """One file of a changeset."""

    path = serializers.CharField()
    change = serializers.ChoiceField(choices=["add", "modify", "delete"])
    diff = serializers.CharField()


class ReviewAnswer(Described):
    """One peer review."""

    id = serializers.UUIDField()
    task = serializers.CharField(help_text="The task's key.")
    kind = serializers.ChoiceField(choices=ReviewKind.choices)
    content = serializers.CharField()
    score = serializers.IntegerField(allow_null=True, min_value=1, max_value=10)
    severity = serializers.CharField()
    files = FileAnswer(many=True)
    state = serializers.ChoiceField(choices=ReviewState.choices)
    author = ActorAnswer()
    response = serializers.CharField()
    responded_by = serializers.CharField()
    responded_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    task_status = serializers.ChoiceField(
        choices=Status.choices,
        required=False,
        help_text="The task's status now; where one review is answered.",
    )


class TransitionAnswer(Described):
    """One change of status."""

    id = serializers.IntegerField()
    to = serializers.ChoiceField(choices=Status.choices)
    actor = ActorAnswer()
    reason = serializers.CharField()
    override = serializers.BooleanField()
    automatic = serializers.BooleanField()
    artifacts = serializers.DictField(help_text="Plan, deliverable and checklist as they were.")
    at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python allows."""
        return {"from": serializers.ChoiceField(choices=Status.choices), **super().get_fields()}


class EntryAnswer(Described):
    """One line of the timeline."""

    kind = serializers.ChoiceField(
        choices=["created", "message", "review", "approval", "transition", "event"]
    )
    at = serializers.DateTimeField()
    actor = ActorAnswer()
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="The message, review or transition as elsewhere; of an event its data."
    )


class SubscriptionAnswer(Described):
    """Whether the caller follows the thread."""

    task = serializers.CharField()
    following = serializers.BooleanField()


MESSAGES = listed(MessageAnswer)
MESSAGE_VERSIONS = listed(MessageVersionAnswer)
REVIEWS = listed(ReviewAnswer)
TRANSITIONS = listed(TransitionAnswer)
TIMELINE = listed(EntryAnswer)


def message_json(message: Message, task: Task) -> dict[str, Any]:
    """One message; its mentions should be loaded."""
    return {
        "id": message.pk,
        "task": task.key,
        "type": message.type,
        "content": message.content,
        "artifacts": message.artifacts,
        "author": message.author,
        "mentions": mentioned_in(message),
        "reply_to": message.reply_to_id,
        "created_at": message.created_at,
        "edited_at": message.edited_at,
        "deleted_at": message.deleted_at,
        "version": message.version,
    }


def version_json(row: MessageVersion) -> dict[str, Any]:
    """What a message said once."""
    return {
        "version": row.version,
        "content": row.content,
        "artifacts": row.artifacts,
        "changed_by": row.author,
        "changed_at": row.at,
    }


def review_json(review: Review, task: Task) -> dict[str, Any]:
    """One peer review."""
    return {
        "id": review.pk,
        "task": task.key,
        "kind": review.kind,
        "content": review.content,
        "score": review.score,
        "severity": review.severity,
        "files": review.files,
        "state": review.state,
        "author": review.author,
        "response": review.response,
        "responded_by": review.responded_by,
        "responded_at": review.responded_at,
        "created_at": review.created_at,
    }


def transition_json(row: Transition) -> dict[str, Any]:
    """One change of status."""
    return {
        "id": row.pk,
        "from": row.from_status,
        "to": row.to_status,
        "actor": row.author,
        "reason": row.reason,
        "override": row.override,
        "automatic": row.automatic,
        "artifacts": row.artifacts,
        "at": row.at,
    }


def entry_json(entry: Entry, task: Task) -> dict[str, Any]:
    """One line of the timeline."""
    actor = _creator(task) if entry.kind == "created" else entry.row.author
    return {"kind": entry.kind, "at": entry.at, "actor": actor, "data": _TOLD[entry.kind](entry.row, task)}


def _creator(task: Task) -> dict[str, str]:
    return {"kind": task.created_by_kind, "id": task.created_by_id, "name": task.created_by_name}


def _created(row: Any, task: Task) -> dict[str, Any]:
    return {"title": task.title, "source": task.source, "source_ref": task.source_ref}


def _approval(row: Any, task: Task) -> dict[str, Any]:
    shown = ("action_type", "summary", "risk", "status", "reason", "expires_at", "decided_at")
    return {"id": row.pk, **{name: getattr(row, name) for name in shown}}


def _event(row: Event, task: Task) -> dict[str, Any]:
    return {"seq": row.seq, "type": row.type, "data": row.data}


_TOLD: Mapping[str, Callable[[Any, Task], dict[str, Any]]] = {
    "created": _created,
    "message": message_json,
    "review": review_json,
    "approval": _approval,
    "transition": lambda row, task: transition_json(row),
    "event": _event,
}
