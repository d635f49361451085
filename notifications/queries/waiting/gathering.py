"""Everything that waits for a person, in the order of `notifications.urgency`, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agents.models import Agent, AgentState, Alert, Approval
from notifications.queries.waiting import items, sources
from notifications.queries.waiting.items import Item
from notifications.queries.waiting.sources import DECIDERS, Reach
from notifications.urgency import urgency
from tasks.models import Membership, Task, User

MOST_READ = 200
"""Of each kind at most so many are read, in the order of its source."""

KINDS = ("approval", "review", "blocked", "alert", "mention", "request")
STOPPED = {AgentState.PAUSED, AgentState.QUARANTINED}


@dataclass(frozen=True, slots=True)
class _Rows:
    approvals: Sequence[Approval]
    reviews: Sequence[Task]
    blocked: Sequence[Task]
    alerts: Sequence[Alert]
    mentions: Sequence[Any]
    requests: Sequence[Any]


def gather(reach: Reach, now: datetime) -> list[Item]:
    """Everything that waits in these projects, what the person may settle first, most costly delay on top."""
    rows = _read(reach, now)
    able = _able({row.project_id for row in rows.approvals})
    busy = _busy(rows)
    found = [*_about_requests(rows, reach, able, busy), *_about_work(rows, reach, busy), *_told(rows, reach)]
    _match(found)
    return sorted(found, key=lambda item: (not item.may_act, urgency(item.pressure, now), item.id))


def _read(reach: Reach, now: datetime) -> _Rows:
    tasks = ("project", "last_holder")
    return _Rows(
        list(
            sources.approvals(reach, now)
            .select_related("project", "task", "requester_agent")
            .prefetch_related("decisions")[:MOST_READ]
        ),
        list(sources.reviews(reach, now).select_related(*tasks)[:MOST_READ]),
        list(
            sources.blocked(reach, now)
            .select_related(*tasks)
            .prefetch_related("assignments__agent", "assignments__user")[:MOST_READ]
        ),
        list(sources.alerts(reach, now).select_related("project", "task", "agent")[:MOST_READ]),
        list(sources.mentions(reach, now).select_related("project", "task")[:MOST_READ]),
        list(sources.requests(reach, now).select_related("project", "task", "message")[:MOST_READ]),
    )


def _able(projects: Iterable[UUID]) -> dict[UUID, list[User]]:
    """Who decides in each of these projects."""
    rows = Membership.objects.filter(project__in=set(projects), role__in=DECIDERS, user__is_active=True)
    found: dict[UUID, list[User]] = defaultdict(list)
    for row in rows.select_related("user").order_by("user__username"):
        found[row.project_id].append(row.user)
    return found


def _busy(rows: _Rows) -> set[UUID]:
    """The agents that hold something else, so that they need not stand still."""
    asking = {row.requester_agent_id for row in rows.approvals if row.requester_agent_id}
    on_blocked = {each.agent_id for task in rows.blocked for each in task.assignments.all() if each.agent_id}
    held = Task.objects.filter(holder_id__in=asking | on_blocked)
    return {pk for pk in held.values_list("holder_id", flat=True) if pk is not None}


def _standing(agents: Iterable[Agent | None], busy: set[UUID]) -> list[Agent]:
    """Those who could work and have nothing else to do."""
    return [
        agent
        for agent in agents
        if agent and agent.removed_at is None and agent.state == AgentState.ACTIVE and agent.pk not in busy
    ]


def _about_requests(
    rows: _Rows, reach: Reach, able: dict[UUID, list[User]], busy: set[UUID]
) -> Iterable[Item]:
    for row in rows.approvals:
        decides = reach.decides(row.project_id)
        standing = _standing([row.requester_agent], busy)
        yield items.of_approval(row, reach.actor, decides, able.get(row.project_id, []), standing)


def _about_work(rows: _Rows, reach: Reach, busy: set[UUID]) -> Iterable[Item]:
    for task in rows.reviews:
        yield items.of_review(task, reach.decides(task.project_id))
    for task in rows.blocked:
        standing = _standing((each.agent for each in task.assignments.all()), busy)
        yield items.of_blocked(task, reach.decides(task.project_id), standing)


def _told(rows: _Rows, reach: Reach) -> Iterable[Item]:
    for alert in rows.alerts:
        stopped = [alert.agent] if alert.agent and alert.agent.state in STOPPED else []
        yield items.of_alert(alert, reach.decides(alert.project_id), stopped)
    for row in rows.mentions:
        yield items.of_mention(row)
    for request in rows.requests:
        yield items.of_request(request, reach.decides(request.project_id))


def _match(found: Sequence[Item]) -> None:
    """Let every request that may be decided know which others are alike."""
    groups: dict[Any, list[Item]] = defaultdict(list)
    for item in found:
        if item.kind == "approval" and item.may_act:
            for key in likeness(item.row):
                groups[key].append(item)
    others: dict[str, dict[str, None]] = defaultdict(dict)
    for group in groups.values():
        ids = dict.fromkeys(str(item.row.pk) for item in group)
        for item in group:
            others[item.id] |= ids
    for item in found:
        item.alike.extend(pk for pk in others.get(item.id, {}) if pk != str(item.row.pk))


def likeness(approval: Approval) -> list[tuple[Any, ...]]:
    """What makes requests alike, any of it: the same payload, or the same requester with the same tool.

    Only requests of one project, action type and risk are ever decided together.
    """
    kind = (approval.project_id, approval.action_type, approval.risk)
    tool = approval.payload.get("tool", "") if isinstance(approval.payload, dict) else ""
    return [
        (*kind, "payload", approval.payload_hash),
        (*kind, "asker", approval.actor_kind, approval.actor_id, str(tool)),
    ]
