"""Writing who is told of an event: one row per recipient, of the strongest type, never to the actor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from agents.models import Agent
from notifications.delivery import Context, should_deliver
from notifications.models import DeliveryState, Notification
from notifications.queries.recipients import Audience, agents_of, assignees, reachable_users, reviewer
from tasks.models import Event, Task

Listener = Callable[[Audience], None]
_listeners: list[Listener] = []


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom an event concerns, and how. `summary` is one line for the bell and the agent."""

    type: str
    audience: Audience
    summary: str
    answers_agent: bool = False


def on_told(listener: Listener) -> None:
    """Call `listener(audience)` after each commit that told somebody something. It may be lost, so it only nudges."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(event: Event, tellings: Sequence[Telling], *, task: Task | None = None) -> list[Notification]:
    """Write the notifications of one event; doing it again writes nothing new.

    `tellings` come strongest first: whoever several of them name is told once, by the first. The actor of the event
    is never told. What an agent is not to get is stored as skipped, with the reason.
    """
    rows: list[Notification] = []
    left_out = _actor(event)
    for telling in tellings:
        fresh = telling.audience - left_out
        left_out |= fresh
        rows += _for_users(event, telling, task, fresh.users)
        rows += _for_agents(event, telling, task, fresh.agents)
    if rows:
        Notification.objects.bulk_create(rows, ignore_conflicts=True)
        _announce(rows)
    return rows


def _actor(event: Event) -> Audience:
    if event.actor_kind == "human":
        return Audience(users=frozenset({int(event.actor_id)}))
    if event.actor_kind == "agent":
        return Audience(agents=frozenset({UUID(event.actor_id)}))
    return Audience()


def _for_users(event: Event, telling: Telling, task: Task | None, users: Iterable[int]) -> list[Notification]:
    found = reachable_users(event.project_id, users)
    rows = [_row(event, telling, task) for _ in found]
    for row, user_id in zip(rows, sorted(found), strict=True):
        row.user_id = user_id
    return rows


def _for_agents(
    event: Event, telling: Telling, task: Task | None, agents: Iterable[UUID]
) -> list[Notification]:
    found = agents_of(event.project_id, agents)
    if not found:
        return []
    on_task = assignees(task).agents if task else frozenset()
    reviewing = reviewer(task).agents if task else frozenset()
    rows = []
    for agent in found:
        row = _row(event, telling, task)
        row.agent = agent
        _decide(row, agent, task, is_assigned=agent.pk in on_task, is_reviewer=agent.pk in reviewing)
        rows.append(row)
    return rows


def _decide(
    row: Notification, agent: Agent, task: Task | None, *, is_assigned: bool, is_reviewer: bool
) -> None:
    deliver, row.reason = should_deliver(
        context_of(row, agent, task, is_assigned=is_assigned, is_reviewer=is_reviewer)
    )
    if not deliver:
        row.state = DeliveryState.SKIPPED


def context_of(
    row: Notification, agent: Agent, task: Task | None, *, is_assigned: bool, is_reviewer: bool
) -> Context:
    """What the decision about `row` is made of, with agent and task as they are now."""
    return Context(
        type=row.type,
        status=task.status if task else "",
        by_agent=row.by_agent,
        answers_agent=row.answers_agent,
        state=agent.state,
        is_removed=agent.removed_at is not None,
        is_assigned=is_assigned,
        is_mentioned=row.type == "mention",
        is_reviewer=is_reviewer,
        can_review=agent.can_review,
    )


def _row(event: Event, telling: Telling, task: Task | None) -> Notification:
    return Notification(
        project_id=event.project_id,
        seq=event.seq,
        type=telling.type,
        task=task,
        answers_agent=telling.answers_agent,
        target_type=event.target_type,
        target_id=event.target_id,
        summary=telling.summary[:500],
        created_at=event.at,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        actor_name=event.actor_name,
    )


def _announce(rows: Sequence[Notification]) -> None:
    users = frozenset(row.user_id for row in rows if row.user_id is not None)
    pending = [row for row in rows if row.state == DeliveryState.PENDING]
    told = Audience(users, frozenset(row.agent_id for row in pending if row.agent_id is not None))
    transaction.on_commit(lambda: _tell_listeners(told), robust=True)


def _tell_listeners(told: Audience) -> None:
    for listener in _listeners:
        listener(told)
