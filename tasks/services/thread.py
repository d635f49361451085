"""The thread of a task: messages posted, edited and deleted.

A message never changes the task's version: people who edit the task meanwhile are not in each other's way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict, FieldError, Forbidden, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import VersionConflict
from tasks.events import record
from tasks.models import Message, MessageType, MessageVersion, Task, stamp
from tasks.modes import Act
from tasks.services import leases, mentions
from tasks.services.access import Need, by_id, can, require, within_reach
from tasks.services.hooks import run_message_hooks
from tasks.services.locking import lock_task
from tasks.services.subscriptions import follow, follow_as
from tasks.thread_rules import checked_artifacts, checked_content, excerpt_of

MAX_NOTE = 500
"""How much of a message of progress the card keeps, in characters."""


def get_message(actor: Actor, ref: str, need: Need = Need.READ) -> Message:
    """The message named by id, with its task and project. Raises NotFound or Forbidden."""
    rows = Message.objects.filter(within_reach(actor))
    message = by_id(rows.select_related("task__project"), ref, "message")
    require(actor, message.task.project, need, act=Act.READ if need == Need.READ else Act.MESSAGE)
    return message


def post_message(
    *,
    actor: Actor,
    task: Task,
    content: str = "",
    type: str = MessageType.COMMENT,
    reply_to: UUID | None = None,
    artifacts: Iterable[Mapping[str, Any]] = (),
    lease_token: int | None = None,
    now: datetime | None = None,
) -> Message:
    """Post a message to a task's thread: mentions are resolved, author and mentioned follow from now on.

    An agent that holds the task keeps its lease by posting; a message of progress is what the card says last. Raises
    `Refused` for text or references that cannot be stored and for a reply to another task's message, `Forbidden` for a
    system message by anyone else, `StaleLease` (409) when an explicit `lease_token` is not the live one; nothing is
    written then.
    """
    _check_type(actor, type)
    kept = checked_artifacts(artifacts)
    said = checked_content(content, kept)
    with unit():
        now = now or database_now()
        task = lock_task(task.pk)
        leases.check_token(actor, task, lease_token, now)
        return say(
            actor=actor, task=task, content=said, type=type, reply_to=reply_to, artifacts=kept, now=now
        )


def say(
    *,
    actor: Actor,
    task: Task,
    content: str,
    now: datetime,
    type: str = MessageType.COMMENT,
    reply_to: UUID | None = None,
    artifacts: list[dict[str, str]] | None = None,
) -> Message:
    """Write a checked message; for services that hold the task's lock inside their own unit."""
    message = Message.objects.create(
        project_id=task.project_id,
        task=task,
        type=type,
        content=content,
        artifacts=artifacts or [],
        reply_to=_answered(task, reply_to),
        idempotency_key=actor.idempotency_key,
        created_at=now,
        **stamp(actor),
    )
    named = mentions.resolve(actor=actor, project=task.project, content=content)
    mentions.write(message, named)
    follow_as(task, actor)
    follow(task, agents=named.agents, users=named.users)
    note = excerpt_of(content, MAX_NOTE) if type == MessageType.PROGRESS else ""
    _touch(actor, task, now, grown=1, note=note)
    _record(actor, task, message, "message.posted", {"mentions": named.as_data()})
    run_message_hooks(task, message, actor)
    return message


def edit_message(
    *,
    actor: Actor,
    message: Message,
    content: str,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Message:
    """Change what one's own message says; the earlier version is kept, only new mentions are added.

    The same text again succeeds and records nothing. Raises `Forbidden` for others' messages, `Conflict` for a
    deleted one, `VersionConflict` (409) when it changed since `expected_version`, `Refused` for bad text.
    """
    if not message.is_by(actor):
        raise Forbidden("Only its author edits a message.", code="not_author")
    with unit():
        now = now or database_now()
        task = lock_task(message.task_id)
        message = _current(message, expected_version)
        said = checked_content(content, message.artifacts)
        if said == message.content:
            return message
        before = excerpt_of(message.content)
        _write(actor, message, now, content=said, edited_at=now)
        named = mentions.resolve(actor=actor, project=task.project, content=said)
        fresh = mentions.add(message, named)
        follow(task, agents=fresh.agents, users=fresh.users)
        _touch(actor, task, now)
        told = {"mentions": named.as_data(), "added_mentions": fresh.as_data(), "before": {"excerpt": before}}
        _record(actor, task, message, "message.edited", told)
    return message


def delete_message(*, actor: Actor, message: Message, now: datetime | None = None) -> Message:
    """Take a message out of the thread; its place and its earlier version stay. Twice succeeds.

    Raises `Forbidden` unless the actor wrote it or has the right to operate.
    """
    if not message.is_by(actor) and not can(actor, message.task.project, Need.OPERATE):
        raise Forbidden("Only its author or an operator deletes a message.", code="not_author")
    with unit():
        now = now or database_now()
        task = lock_task(message.task_id)
        message = Message.objects.select_related("task__project").get(pk=message.pk)
        if message.deleted_at is not None:
            return message
        before = excerpt_of(message.content)
        _write(actor, message, now, content="", artifacts=[], deleted_at=now)
        _touch(actor, task, now, grown=-1)
        _record(actor, task, message, "message.deleted", {"before": {"excerpt": before}})
    return message


def _check_type(actor: Actor, type: str) -> None:
    if type not in MessageType.values:
        raise Refused(
            "Unknown type.", errors=[FieldError("type", f"One of {', '.join(MessageType.values)}.")]
        )
    if type == MessageType.SYSTEM and actor.kind != "system":
        raise Forbidden("Only Mission Control itself writes system messages.", code="system_only")


def _answered(task: Task, reply_to: UUID | None) -> Message | None:
    if reply_to is None:
        return None
    found = Message.objects.filter(pk=reply_to, task=task).first()
    if found is None:
        message = "There is no such message in this thread."
        raise Refused(f"reply_to: {message}", errors=[FieldError("reply_to", message)], code="invalid")
    return found


def _current(message: Message, expected_version: int | None) -> Message:
    """The message as it is now, under its task's lock."""
    row = Message.objects.select_related("task__project").get(pk=message.pk)
    if row.deleted_at is not None:
        raise Conflict("The message was deleted.", code="deleted")
    if expected_version not in (None, row.version):
        raise VersionConflict(
            "The message was changed meanwhile.",
            errors=[FieldError("content", "Changed since you read it.")],
            extra={"retryable": True, "version": row.version},
        )
    return row


def _write(actor: Actor, message: Message, now: datetime, **changes: Any) -> None:
    """Keep the version that is there, then write the next one."""
    MessageVersion.objects.create(
        message=message,
        version=message.version,
        content=message.content,
        artifacts=message.artifacts,
        at=now,
        **stamp(actor),
    )
    for name, value in {**changes, "version": message.version + 1}.items():
        setattr(message, name, value)
    message.save(update_fields=[*changes, "version"])


def _touch(actor: Actor, task: Task, now: datetime, *, grown: int = 0, note: str = "") -> None:
    """Count the message and renew the lease of an agent that holds the task, without a new version of the task.

    A `note` is what the card says from now on.
    """
    changes: dict[str, Any] = leases.renewal(task, now) if leases.holds(actor, task, now) else {}
    for name, value in changes.items():
        setattr(task, name, value)
    if grown:
        task.message_count += grown
        changes["message_count"] = F("message_count") + grown
    if note:
        task.progress_note = changes["progress_note"] = note
    if changes:
        Task.objects.filter(pk=task.pk).update(**changes)


def _record(actor: Actor, task: Task, message: Message, type: str, told: Mapping[str, Any]) -> None:
    data = {
        "task": str(task.pk),
        "key": task.key,
        "status": task.status,
        "type": message.type,
        "author": message.author,
        "reply_to": str(message.reply_to_id) if message.reply_to_id else None,
        "excerpt": excerpt_of(message.content),
        **told,
    }
    record(project_id=task.project_id, type=type, actor=actor, target=("message", message.pk), data=data)
