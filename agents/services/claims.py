"""Claims: atomic and first wins. What becomes of a lease afterwards is in `leasing`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from agents.errors import BoardFull, ClaimLost
from agents.models import Agent, Approval
from agents.queries import claimable
from agents.services.approvals import on_approved, request_approval
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import AtCapacity
from tasks.events import record_task
from tasks.models import Assignment, Project, Task
from tasks.modes import Act, ensure, strictest
from tasks.services import leases
from tasks.services.access import get_task
from tasks.services.assigning import assign
from tasks.services.locking import lock_task, write_task
from tasks.services.subscriptions import follow
from tasks.services.transition import Step, take_locked
from tasks.workflow import HELD, Status

MIN_LEASE_S, MAX_LEASE_S = 10, 24 * 3600


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim came to: a task with its lease, or the approval an operator must give first."""

    agent: Agent
    task: Task | None = None
    approval: Approval | None = None


def claim(*, actor: Actor, task_ref: str | None = None, lease_s: int | None = None) -> Claim | None:
    """The next task for this agent, or the named one; None when there is nothing to do.

    Two agents never get the same task and never wait for each other: rows another claim has locked are skipped, and
    the conditional UPDATE decides. Raises `AgentHalted` (403), `AtCapacity` (409), `BoardFull` (409) where there is
    work but a column is at its limit, `ClaimLost` (409) with the holder for a named task that is gone, NotFound.
    `lease_s` is the lease's length in seconds.
    """
    _check_length(lease_s)
    with unit():
        agent = claimable.lock_seeker(actor.must_be_agent())
        now: datetime = agent.asked_at  # type: ignore[attr-defined]
        actor = _as_it_is_now(actor, agent)
        ensure(actor, Act.START)
        if task_ref is not None:
            return _claim_named(actor, agent, task_ref, lease_s, now)
        _ensure_capacity(agent)
        return _claim_next(actor, agent, lease_s, now)


def _check_length(lease_s: int | None) -> None:
    if lease_s is not None and not MIN_LEASE_S <= lease_s <= MAX_LEASE_S:
        raise Refused(f"lease_s must be {MIN_LEASE_S} to {MAX_LEASE_S} seconds.", code="bad_lease")


def _as_it_is_now(actor: Actor, agent: Agent) -> Actor:
    """A claim may have waited since the credential was checked: what binds is what holds at this moment."""
    mode = strictest(agent.project.mode, agent.global_mode or "normal")  # type: ignore[attr-defined]
    return replace(actor, state=agent.state, mode=mode)


def _ensure_capacity(agent: Agent) -> None:
    if agent.open_count < agent.max_concurrent_tasks:  # type: ignore[attr-defined]
        return
    held = list(Task.objects.filter(holder=agent).values_list("key", flat=True))
    raise AtCapacity(
        f"You hold {', '.join(held)} already.",
        extra={
            "holding": held,
            "retryable": True,
            "next_action": "Finish or release what you hold, then claim.",
        },
    )


def _claim_next(actor: Actor, agent: Agent, lease_s: int | None, now: datetime) -> Claim | None:
    if agent.has_assigned:  # type: ignore[attr-defined]
        own = claimable.assigned_to(agent, now).select_for_update(skip_locked=True, of=("self",)).first()
        if own is not None:
            return Claim(agent, _take(actor, agent, own, lease_s, now))
    semi = agent.project.autonomy == "semi_autonomous"
    if semi and (waiting := claimable.pending_claim(agent.pk, now)):
        return Claim(agent, approval=waiting)
    best = claimable.best_of_pool(agent)
    if best is None:
        return None
    return _take_or_ask(actor, agent, best, lease_s, now)


def _claim_named(actor: Actor, agent: Agent, ref: str, lease_s: int | None, now: datetime) -> Claim:
    task = lock_task(get_task(actor, ref, act=Act.START).pk)
    leases.ensure_settled(actor, task, now)
    if leases.holds(actor, task, now):
        return Claim(agent, task)
    _ensure_capacity(agent)
    assigned = task.assignments.filter(agent_id=agent.pk).exists()
    found = claimable.hindrances(agent, task, now, assigned=assigned)
    why_not = [each.message for each in found if not each.asks]
    if why_not:
        holder = task.holder.slug if task.holder else None
        extra = {
            "holder": holder,
            "reasons": why_not,
            "retryable": False,
            "next_action": "Claim another task.",
        }
        raise ClaimLost(f"{task.key} is not yours to claim. {' '.join(why_not)}", extra=extra)
    return _take_or_ask(actor, agent, task, lease_s, now)


def _ensure_room(agent: Agent, task: Task) -> None:
    """Raises `BoardFull` at a column's limit; claims that are counted against one come one after another."""
    project = agent.project
    if project.wip_limits.get(claimable.column_after_claim(project, task.status)) and task.status not in HELD:
        Project.objects.select_for_update(no_key=True).only("pk").get(pk=project.pk)
    if crowded := claimable.crowding(project, task.status):
        extra = {
            "reasons": crowded,
            "retryable": True,
            "next_action": "Help to empty what is full, or claim again later.",
        }
        raise BoardFull(" ".join(crowded), extra=extra)


def _take_or_ask(actor: Actor, agent: Agent, task: Task, lease_s: int | None, now: datetime) -> Claim:
    _ensure_room(agent, task)
    if agent.project.autonomy == "semi_autonomous" and task.status not in HELD:
        approval = request_approval(
            actor=actor,
            project=agent.project,
            task=task,
            action_type="claim",
            summary=f"{agent.name} asks for {task.key}",
            payload={"agent": agent.slug, "task": task.key},
        )
        return Claim(agent, approval=approval)
    return Claim(agent, _take(actor, agent, task, lease_s, now))


def _take(actor: Actor, agent: Agent, task: Task, lease_s: int | None, now: datetime) -> Task:
    task.project = agent.project
    if task.status not in HELD:
        mine = Assignment.objects.create(task=task, agent=agent)
        follow(task, agents=[agent.pk])
        assignees = [mine]
    else:
        assignees = list(task.assignments.all())
    to = claimable.column_after_claim(task.project, task.status)
    if task.status == to:
        write_task(task, **leases.grant(task, agent.pk, now, lease_s))
    else:
        task = take_locked(actor=actor, task=task, step=_step(to, lease_s), now=now, assignees=assignees)
    record_task(task, type="task.claimed", actor=actor, data={"agent": agent.slug, "token": task.lease_token})
    return task


def _step(to: str, lease_s: int | None) -> Step:
    return Step(to=to, reason="Claimed.", lease_s=lease_s, unconditional=True)


def _assign_approved(approval: Approval, actor: Actor) -> None:
    """An operator said yes to a claim: the task is assigned, and the agent's next claim gets it first."""
    if approval.task is None or approval.requester_agent is None:
        return
    task = lock_task(approval.task_id)
    if task.status in {Status.READY, Status.INBOX}:
        assign(actor=actor, task=task, agents=[approval.requester_agent], mode="add")


def register() -> None:
    """Let approved claims assign their task."""
    on_approved("claim", _assign_approved)
