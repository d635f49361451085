"""Asking others for an answer in a task's thread: at most ten, one open request each until it is answered or old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from agents.models import Agent, RequestState, ResponseRequest
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, Refused
from missioncontrol.kernel.transactions import unit
from tasks.events import record_task
from tasks.models import Message, Task, User, stamp
from tasks.services.assigning import resolve_assignees
from tasks.services.locking import lock_task
from tasks.services.thread import post_message

MOST = 10
AGAIN_AFTER = timedelta(hours=4)

Recipient = Agent | User


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked, and who still owes an answer to an earlier request; `message` is None when nobody was asked."""

    asked: list[Recipient]
    still_open: list[Recipient]
    message: Message | None


def request_responses(
    *,
    actor: Actor,
    task: Task,
    agents: Sequence[str],
    users: Sequence[str] = (),
    question: str,
    now: datetime | None = None,
) -> Asked:
    """Post `question` to the task's thread and ask these agents (slugs) and people (user names) to answer there.

    Who has an open request on the task is not asked again before it is answered or four hours old. Raises Refused
    (422) for nobody, for more than ten, for oneself and for unknown names.
    """
    recipients = _recipients(actor, task, agents, users)
    with unit():
        task = lock_task(task.pk)
        now = now or database_now()
        _expire(task, now)
        owing = [who for who in recipients if _open(task).filter(_to(who)).exists()]
        asked = [who for who in recipients if who not in owing]
        if not asked:
            return Asked([], owing, None)
        message = post_message(actor=actor, task=task, content=question, now=now)
        _write(actor, task, message, asked, now)
        _record(actor, task, message, asked)
        return Asked(asked, owing, message)


def note_answer(task: Task, message: Message, actor: Actor) -> None:
    """A message in the thread answers the requests its author owes there; runs with every message."""
    if actor.agent_id is not None:
        mine = Q(agent_id=actor.agent_id)
    elif actor.user_id is not None:
        mine = Q(user_id=actor.user_id)
    else:
        return
    _open(task).filter(mine).update(state=RequestState.ANSWERED, closed_at=message.created_at)


def name_of(who: Recipient) -> str:
    """The slug or user name by which one is asked."""
    return who.slug if isinstance(who, Agent) else who.username


def _recipients(actor: Actor, task: Task, slugs: Sequence[str], names: Sequence[str]) -> list[Recipient]:
    agents, users = resolve_assignees(task.project, slugs, names)
    found: list[Recipient] = [*agents, *users]
    wrong = ""
    if not 1 <= len(found) <= MOST:
        wrong = f"Ask at least one and at most {MOST} others."
    elif any(who.pk in (actor.agent_id, actor.user_id) for who in found):
        wrong = "Ask others, not yourself."
    if wrong:
        raise Refused(wrong, code="bad_recipients", errors=[FieldError("to", wrong)])
    return found


def _open(task: Task) -> Any:
    return ResponseRequest.objects.filter(task=task, state=RequestState.OPEN)


def _expire(task: Task, now: datetime) -> None:
    old = _open(task).filter(created_at__lte=now - AGAIN_AFTER)
    old.update(state=RequestState.EXPIRED, closed_at=now)


def _to(who: Recipient) -> Q:
    return Q(agent=who) if isinstance(who, Agent) else Q(user=who)


def _write(actor: Actor, task: Task, message: Message, asked: list[Recipient], now: datetime) -> None:
    for who in asked:
        to: dict[str, Recipient] = {"agent": who} if isinstance(who, Agent) else {"user": who}
        ResponseRequest.objects.create(
            project_id=task.project_id, task=task, message=message, created_at=now, **to, **stamp(actor)
        )


def _record(actor: Actor, task: Task, message: Message, asked: list[Recipient]) -> None:
    to = {
        "agents": [str(who.pk) for who in asked if isinstance(who, Agent)],
        "users": [who.pk for who in asked if isinstance(who, User)],
    }
    data = {"asked": to, "message": str(message.pk), "excerpt": message.content[:200]}
    record_task(task, type="response.requested", actor=actor, data=data)
