"""What becomes of a lease: renewed, given back, run out or taken away. Claims, which give it, are in `claims`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from agents.models import Agent
from agents.services.alerts import raise_alert
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Refused
from missioncontrol.kernel.isolation import Isolated
from missioncontrol.kernel.transactions import unit
from tasks.events import record_task
from tasks.models import BlockCause, Task
from tasks.services import automatic, leases
from tasks.services.access import Need, require
from tasks.services.locking import lock_task, write_task
from tasks.services.thread import post_message
from tasks.services.transition import Step, take_locked
from tasks.workflow import HELD, Status


def renew(*, actor: Actor, task: Task, lease_token: int | None = None) -> Task:
    """Keep the lease for its full length from now; an assignee takes it when none is live.

    Raises `StaleLease`, `LeaseHeld` (409), `NotYourTask` (403), `Refused` (422) where no lease can live.
    """
    now = database_now()
    with unit():
        task = lock_task(task.pk)
        leases.ensure_settled(actor, task, now)
        if task.status not in HELD:
            raise Refused(f"{task.key} is {task.status}: there is no lease to renew.", code="no_lease")
        columns = leases.for_write(actor, task, now, list(task.assignments.all()), lease_token)
        Task.objects.filter(pk=task.pk).update(**columns)
        for name, value in columns.items():
            setattr(task, name, value)
        if "lease_token" in columns:
            record_task(task, type="task.lease_granted", actor=actor, data={"token": task.lease_token})
    return task


def release(*, actor: Actor, task: Task, handover: str = "", lease_token: int | None = None) -> Task:
    """Give a task back to the pool, with a word for the next one in the thread.

    Raises `StaleLease` or `LeaseHeld` (409), `NotYourTask` (403), `Refused` (422) when it is not being worked on.
    """
    with unit():
        task = lock_task(task.pk)
        now = database_now()
        leases.ensure_settled(actor, task, now)
        if task.status not in HELD:
            raise Refused(f"{task.key} is {task.status}: there is nothing to give back.", code="no_lease")
        leases.for_write(actor, task, now, list(task.assignments.all()), lease_token)
        if handover.strip():
            post_message(actor=actor, task=task, content=handover, type="progress")
            task = lock_task(task.pk)
        record_task(task, type="task.released", actor=actor, data={"handover": handover[:500]})
        step = Step(to=Status.READY, reason=handover or "Given back.", unconditional=True)
        task = take_locked(actor=actor, task=task, step=step, now=now)
        return automatic.follow_assignees(task)


def expire_leases(*, now: datetime | None = None) -> int:
    """Return every task whose lease has run out to the pool, or block it after too many abandoned attempts.

    Each task in its own unit, rows in work skipped, and one that fails stops no other; safe to run twice at once.
    Returns how many leases ended.
    """
    moment = now or database_now()
    due = Task.objects.filter(holder__isnull=False, lease_expires_at__lte=moment).order_by("lease_expires_at")
    ended = 0
    for pk in list(due.values_list("pk", flat=True)[:1000]):
        with Isolated(f"expiry of the lease on task {pk}"):
            ended += _expire(pk, moment)
    return ended


def end_leases(*, actor: Actor, agent: Agent, reason: str) -> int:
    """End every lease of an agent early, as an operator; returns how many. Raises Forbidden."""
    require(actor, agent.project, Need.OPERATE)
    return take_away(actor=actor, agent=agent, reason=reason)


def take_away(*, actor: Actor, agent: Agent, reason: str) -> int:
    """End every lease of this agent and return its tasks to the pool, without counting attempts as abandoned."""
    ended = 0
    for pk in list(Task.objects.filter(holder=agent).order_by("pk").values_list("pk", flat=True)):
        with unit():
            task = lock_task(pk)
            if task.holder_id == agent.pk:
                _back_to_pool(task, agent.pk, actor, "task.lease_ended", reason)
                ended += 1
    return ended


def _expire(pk: Any, now: datetime) -> int:
    with unit():
        task = (
            Task.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("project", "holder")
            .filter(pk=pk)
            .first()
        )
        if task is None or task.holder is None or leases.is_live(task, now):
            return 0
        agent = task.holder
        task = write_task(task, abandoned_attempts=task.abandoned_attempts + 1)
        told = f"{agent.name} let its lease on {task.key} run out (attempt {task.abandoned_attempts})."
        if task.abandoned_attempts >= task.project.abandon_limit:
            _give_up(task, agent, told)
        else:
            _back_to_pool(task, agent.pk, Actor.system("leases"), "task.lease_expired", told)
        raise_alert(
            project_id=task.project_id,
            kind="lease_expired",
            title=told,
            severity="warning",
            task=task,
            agent=agent,
            dedupe_key=f"lease:{task.pk}",
        )
    return 1


def _give_up(task: Task, agent: Agent, told: str) -> None:
    data = {
        "agent": agent.slug,
        "token": task.lease_token,
        "attempt": task.abandoned_attempts,
        "reason": told,
    }
    record_task(task, type="task.lease_expired", actor=Actor.system("leases"), data=data)
    reason = f"Abandoned {task.abandoned_attempts} times; the last was {agent.name}."
    automatic.step(task, "leases", Status.BLOCKED, reason=reason, cause=BlockCause.ABANDONED)


def _back_to_pool(task: Task, agent_id: UUID, actor: Actor, type: str, reason: str) -> Task:
    data = {
        "agent": str(agent_id),
        "token": task.lease_token,
        "attempt": task.abandoned_attempts,
        "reason": reason,
    }
    task.assignments.filter(agent_id=agent_id).delete()
    record_task(task, type=type, actor=actor, data=data)
    return automatic.to_pool(task, "leases", reason=reason)
