"""Leases: who holds a task, with which token, until when. Columns of the task row, written with its status."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Refused
from tasks.errors import AtCapacity, LeaseHeld, NotYourTask, StaleLease, StandsStill
from tasks.models import Assignment, Task
from tasks.modes import Act, ensure
from tasks.workflow import CLOSED, HELD

RETURNING = frozenset({"review", "needs_approval", "blocked"})


def is_live(task: Task, now: datetime) -> bool:
    """Whether the task's lease has a holder and has not expired at `now`."""
    return task.holder_id is not None and task.lease_expires_at is not None and task.lease_expires_at > now


def holds(actor: Actor, task: Task, now: datetime) -> bool:
    """Whether this agent holds the live lease."""
    return actor.is_agent and task.holder_id == actor.agent_id and is_live(task, now)


def check_token(actor: Actor, task: Task, token: int | None, now: datetime) -> None:
    """Refuse an explicit token that is not the live lease of this agent. Raises `StaleLease` (409)."""
    if token is None or not actor.is_agent:
        return
    if holds(actor, task, now) and token == task.lease_token:
        return
    ensure_settled(actor, task, now)
    raise StaleLease(
        f"Lease {token} of {task.key} is not live.",
        extra={
            "retryable": False,
            "next_action": "Stop working on this task; claim again for a fresh lease.",
        },
    )


def ensure_settled(actor: Actor, task: Task, now: datetime | None = None) -> None:
    """Ask an agent to come back while a change to the task can still be undone. Raises `StandsStill` (409)."""
    if not actor.is_agent or task.held_until is None:
        return
    left = (task.held_until - (now or database_now())).total_seconds()
    if left > 0:
        seconds = math.ceil(left)
        raise StandsStill(
            f"{task.key} stands still for {seconds} s: a change to it can still be undone.",
            extra={
                "retryable": True,
                "retry_after_s": seconds,
                "next_action": f"Try again in {seconds} s.",
            },
        )


def end(task: Task) -> dict[str, Any]:
    """The columns that end the lease, remembering who held it."""
    if task.holder_id is None:
        return {"lease_expires_at": None}
    return {"holder_id": None, "lease_expires_at": None, "last_holder_id": task.holder_id}


def grant(task: Task, agent_id: UUID, now: datetime, lease_s: int | None = None) -> dict[str, Any]:
    """The columns of a fresh lease: the token grows by one. `lease_s` is its length in seconds."""
    seconds = lease_s or task.project.lease_s
    return {
        "holder_id": agent_id,
        "last_holder_id": agent_id,
        "lease_token": task.lease_token + 1,
        "lease_s": seconds,
        "lease_expires_at": now + timedelta(seconds=seconds),
    }


def renewal(task: Task, now: datetime) -> dict[str, Any]:
    """The column that keeps a live lease for its full length from `now`."""
    return {"lease_expires_at": now + timedelta(seconds=task.lease_s)}


def with_step(
    actor: Actor,
    task: Task,
    to: str,
    now: datetime,
    assignees: Iterable[Assignment],
    lease_s: int | None = None,
    *,
    counted: bool = False,
) -> dict[str, Any]:
    """The lease columns that go with a step to status `to`.

    Leaving assigned or in_progress ends the lease. An agent's step keeps its live lease, or takes one when none is
    live. Coming back to in_progress from outside gives the last holder, when still assigned, a fresh one.
    """
    if to not in HELD:
        return end(task)
    agents = {row.agent_id for row in assignees if row.agent_id}
    if actor.is_agent and actor.agent_id in agents:
        if holds(actor, task, now):
            return renewal(task, now)
        if not counted:
            _ensure_may_take(actor, task, assignees)
        return grant(task, actor.agent_id, now, lease_s)
    if to == "in_progress" and task.status in RETURNING and _may_return(task, agents):
        assert task.last_holder_id is not None
        return grant(task, task.last_holder_id, now)
    return {}


def _may_return(task: Task, agents: set[UUID]) -> bool:
    last = task.last_holder
    return last is not None and last.pk in agents and last.removed_at is None and last.state != "quarantined"


def for_write(
    actor: Actor, task: Task, now: datetime, assignees: Iterable[Assignment], token: int | None = None
) -> dict[str, Any]:
    """The lease columns that go with any other write by an agent to a task in assigned or in_progress.

    People and services pass through. Raises `StaleLease`, `NotYourTask` or `LeaseHeld`.
    """
    ensure_settled(actor, task, now)
    check_token(actor, task, token, now)
    if not actor.is_agent or task.status not in HELD:
        return {}
    if actor.agent_id not in {row.agent_id for row in assignees}:
        raise NotYourTask("You are not assigned to this task.", extra={"next_action": "Claim a task first."})
    if holds(actor, task, now):
        return renewal(task, now)
    if is_live(task, now):
        raise LeaseHeld("Another agent holds this task.", extra={"next_action": "Claim another task."})
    _ensure_may_take(actor, task, assignees)
    return grant(task, actor.must_be_agent(), now)


def _ensure_may_take(actor: Actor, task: Task, assignees: Iterable[Assignment]) -> None:
    """Taking a lease by writing is a claim: the same modes and the same capacity bind it."""
    if task.status == "assigned":
        ensure(actor, Act.START)
    mine = next(row for row in assignees if row.agent_id == actor.agent_id)
    held = list(
        Task.objects.filter(holder_id=actor.must_be_agent()).exclude(pk=task.pk).values_list("key", flat=True)
    )
    if mine.agent is not None and len(held) >= mine.agent.max_concurrent_tasks:
        raise AtCapacity(
            f"You hold {', '.join(held)} already.",
            extra={
                "holding": held,
                "retryable": True,
                "next_action": "Finish or release what you hold first.",
            },
        )


def for_edit(actor: Actor, task: Task, now: datetime, token: int | None = None) -> dict[str, Any]:
    """The lease columns that go with an edit: what agents are assigned to, review or made is theirs to edit.

    Raises what `for_write` raises, and `Refused` (422) on a finished task: what people accepted stays what it was.
    """
    if not actor.is_agent:
        return {}
    ensure_settled(actor, task, now)
    if task.status in CLOSED:
        advice = {"next_action": "Ask a person to reopen the task."}
        raise Refused(f"{task.key} is {task.status}.", code="finished", extra=advice)
    assignees = list(task.assignments.all())
    mine = actor.agent_id in {row.agent_id for row in assignees}
    made_it = (task.created_by_kind, task.created_by_id) == ("agent", actor.id)
    if task.status not in HELD and not (mine or made_it or task.reviewer_agent_id == actor.agent_id):
        raise NotYourTask("Agents edit tasks they are assigned to, review or made.")
    return for_write(actor, task, now, assignees, token)
