"""Messages that an import brings to the thread of a task it brought before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.importing.records import ImportedMessage
from tasks.models import Message, MessageVersion, Task, stamp
from tasks.services.importing.rows import message_row
from tasks.thread_rules import excerpt_of


def bring_messages(
    *, actor: Actor, task: Task, messages: Iterable[ImportedMessage], known: Mapping[str, str]
) -> None:
    """Add the messages that are new, and the new wording of those the source changed.

    `known` holds the hash of what each message said before. One that was edited or deleted here stays as it is.
    """
    with unit():
        stored = {message.source_ref: message for message in task.messages.exclude(source_ref="")}
        for message in messages:
            if message.ref not in stored:
                _add(actor, task, message)
            elif known.get(message.ref) != message.digest() and stored[message.ref].version == 1:
                _reword(actor, task, stored[message.ref], message)


def _add(actor: Actor, task: Task, message: ImportedMessage) -> None:
    row = message_row(task, message)
    row.save(force_insert=True)
    Task.objects.filter(pk=task.pk).update(message_count=F("message_count") + 1)
    _tell(actor, task, row, "message.posted")


def _reword(actor: Actor, task: Task, row: Message, message: ImportedMessage) -> None:
    now = database_now()
    MessageVersion.objects.create(
        message=row, version=row.version, content=row.content, at=now, **stamp(actor)
    )
    row.content, row.version, row.edited_at = message.content, row.version + 1, now
    row.save(update_fields=["content", "version", "edited_at"])
    _tell(actor, task, row, "message.edited")


def _tell(actor: Actor, task: Task, row: Message, type: str) -> None:
    data: dict[str, Any] = {
        "task": str(task.pk),
        "key": task.key,
        "status": task.status,
        "type": row.type,
        "author": row.author,
        "mentions": {"agents": [], "users": []},
        "reply_to": None,
        "excerpt": excerpt_of(row.content),
    }
    record(project_id=task.project_id, type=type, actor=actor, target=("message", row.pk), data=data)
