"""What a heartbeat reads: one look at whether there is anything for the agent, then only what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from agents.models import Agent, Approval
from agents.queries import claimable, held
from tasks.models import Assignment, Change, Task
from tasks.workflow import Status

OPEN = (Status.ASSIGNED, Status.IN_PROGRESS, Status.REVIEW, Status.NEEDS_APPROVAL, Status.BLOCKED)
"""The statuses of tasks that an agent which starts again should know of."""

MOST_TASKS = 50


def look(agent: Agent, now: datetime, *, wants_work: bool, also: Mapping[str, Exists]) -> dict[str, bool]:
    """Whether there are `tasks`, `approvals` and, where work is wanted, `claimable` tasks; and each of `also`."""
    given = Assignment.objects.filter(agent_id=OuterRef("pk"), task__status__in=OPEN)
    found: dict[str, Exists] = {
        "tasks": Exists(given),
        "approvals": Exists(told_approvals(agent, now)),
        "held": Exists(held.open_changes(agent.project_id, now)),
        **also,
    }
    if wants_work:
        for number, source in enumerate(claimable.offered(agent)):
            found[f"claimable_{number}"] = Exists(source)
    shown = {f"has_{name}": condition for name, condition in found.items()}
    row = Agent.objects.filter(pk=agent.pk).order_by().annotate(**shown).values(*shown).first() or {}
    flags = {name: bool(row.get(f"has_{name}")) for name in found}
    flags["claimable"] = any(seen for name, seen in flags.items() if name.startswith("claimable_"))
    return flags


def open_tasks(agent: Agent, changes: Sequence[Change] = ()) -> list[Task]:
    """The agent's open tasks, those in progress first, as they were before `changes` (latest first), with one query.

    Those are changes that can still be undone: the agent hears of them when they stand.
    """
    given = Q(assignments__agent_id=agent.pk, status__in=OPEN)
    if changes:
        given |= held.told_before(changes, agent.pk)
    tasks = Task.objects.filter(given).distinct() if changes else Task.objects.filter(given)
    rows = list(tasks.order_by("rank", "created_at", "id")[:MOST_TASKS])
    for task in rows:
        task.project = agent.project
    if changes:
        rows = [task for task in held.as_before(rows, changes, agent.pk) if task.status in OPEN]
    return sorted(rows, key=lambda task: (task.status != Status.IN_PROGRESS, task.holder_id != agent.pk))


def next_tasks(
    agent: Agent, mine: list[Task], flags: Mapping[str, bool], limit: int, now: datetime
) -> list[Task]:
    """Up to `limit` tasks in the order the agent would get them: of `mine` those it may take up, then the pool."""
    own = [task for task in mine if task.status == Status.ASSIGNED and _may_take(agent, task, now)]
    pool: list[Task] = []
    for number, source in enumerate(claimable.pool(agent)):
        if flags.get(f"claimable_{number}") and len(own) < limit:
            pool.extend(source[: limit - len(own)])
    pool.sort(key=lambda task: (task.rank, task.created_at, task.pk))
    return [*own, *pool][:limit]


def told_approvals(agent: Agent, now: datetime) -> QuerySet[Approval]:
    """What the agent asked for: pending, or decided since two beats ago, so that one lost answer hides nothing."""
    heard = (agent.last_beat_at or now) - timedelta(seconds=agent.heartbeat_interval_s)
    rows = Approval.objects.filter(requester_agent_id=agent.pk)
    return rows.filter(Q(status="pending") | Q(decided_at__gt=heard))


def _may_take(agent: Agent, task: Task, now: datetime) -> bool:
    return not claimable.hindrances(agent, task, now, assigned=True)
