"""What is said in a thread: mentions first, then everyone who follows it."""

from __future__ import annotations

from notifications.handlers.board import task_of
from notifications.handlers.registry import handles
from notifications.queries.recipients import audience, followers
from notifications.services.telling import Telling, tell
from tasks.models import ActorKinds, Event, Message, MessageType, Task


@handles("message.posted")
def tell_of_the_message(event: Event) -> None:
    """The mentioned hear of a mention, the other followers of news in the thread; old news of an import, nobody."""
    task = task_of(event)
    if task is None or _is_imported(event):
        return
    summary = _told(event, task)
    tellings = [
        Telling("mention", audience(event.data.get("mentions")), summary, _answers_agent(event)),
        Telling("thread_update", followers(task), summary, _answers_agent(event)),
    ]
    if event.data.get("type") == MessageType.APPROVAL_REQUEST:
        tellings = tellings[:1]
    tell(event, tellings, task=task)


@handles("message.edited")
def tell_of_new_mentions(event: Event) -> None:
    """Only those whom the edit mentions for the first time are told."""
    task = task_of(event)
    if task is None:
        return
    mentioned = audience(event.data.get("added_mentions"))
    tell(event, [Telling("mention", mentioned, _told(event, task))], task=task)


def _told(event: Event, task: Task) -> str:
    excerpt = " ".join(str(event.data.get("excerpt", "")).split())
    return f"{event.actor_name} on {task.key}: {excerpt}"


def _is_imported(event: Event) -> bool:
    return Message.objects.filter(pk=event.target_id).exclude(source_ref="").exists()


def _answers_agent(event: Event) -> bool:
    answered = event.data.get("reply_to")
    if not answered:
        return False
    return Message.objects.filter(pk=answered, actor_kind=ActorKinds.AGENT).exists()
