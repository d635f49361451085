"""Following a thread: by itself for whoever takes part, and by wish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Forbidden
from missioncontrol.kernel.transactions import unit
from tasks.models import Subscription, Task


def follow(task: Task, *, agents: Iterable[UUID] = (), users: Iterable[int] = ()) -> None:
    """Let agents and people (by primary key) follow a thread they take part in.

    Who follows already stays; who has unsubscribed stays unsubscribed.
    """
    rows = [Subscription(task=task, agent_id=agent_id) for agent_id in agents]
    rows += [Subscription(task=task, user_id=user_id) for user_id in users]
    if rows:
        Subscription.objects.bulk_create(rows, ignore_conflicts=True)


def follow_as(task: Task, actor: Actor) -> None:
    """Let whoever acts follow the thread; services and the system follow nothing."""
    if actor.agent_id is not None:
        follow(task, agents=[actor.agent_id])
    elif actor.user_id is not None:
        follow(task, users=[actor.user_id])


def subscribe(*, actor: Actor, task: Task) -> Subscription:
    """Follow a thread by wish, also after unsubscribing. Raises Forbidden for who has no inbox."""
    return _set(actor, task, muted=False)


def unsubscribe(*, actor: Actor, task: Task) -> Subscription:
    """Stop following a thread; taking part in it does not bring it back. Raises Forbidden for who has no inbox."""
    return _set(actor, task, muted=True)


def _set(actor: Actor, task: Task, *, muted: bool) -> Subscription:
    with unit():
        row, _ = Subscription.objects.update_or_create(
            task=task, **follower(actor), defaults={"muted": muted}
        )
    return row


def follower(actor: Actor) -> dict[str, Any]:
    """The columns that name the actor as a follower. Raises Forbidden for services and the system."""
    if actor.is_agent:
        return {"agent_id": actor.agent_id}
    if actor.kind == "human":
        return {"user_id": actor.user_id}
    raise Forbidden("Only people and agents follow threads.", code="no_inbox")
