"""Execution requests: a task handed to an executor, which claims it, works and reports. First claim wins."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from agents.models import Agent, ExecutionRequest, ExecutionStatus
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict, Forbidden, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import NotYourTask
from tasks.events import record
from tasks.models import Task, stamp
from tasks.modes import Act, ensure
from tasks.services.access import Need, by_id, require, within_reach
from tasks.workflow import CLOSED

ROUTES = {"engineering": "claude_code", "ops": "claude_code", "docs": "cursor"}
"""Which executor gets a task of which type when nobody says; any other type goes to `ELSE`."""

ELSE = "openclaw_agent"

STEPS: dict[str, frozenset[str]] = {
    "pending": frozenset({"canceled"}),
    "assigned": frozenset({"in_progress", "failed", "canceled"}),
    "in_progress": frozenset({"completed", "failed", "canceled"}),
}
"""The steps there are besides the claim, which leads from pending to assigned."""

FINAL = frozenset({"completed", "failed", "canceled"})


def visible_requests(actor: Actor) -> QuerySet[ExecutionRequest]:
    """The requests of the actor's projects."""
    rows = ExecutionRequest.objects.filter(within_reach(actor))
    return rows.select_related("project", "task", "claimed_by")


def get_request(actor: Actor, ref: str) -> ExecutionRequest:
    """The request with the id `ref`. Raises NotFound when the actor may not see it."""
    return by_id(visible_requests(actor), ref, "execution request")


def request_execution(
    *, actor: Actor, task: Task, executor: str = "", payload: dict[str, Any] | None = None
) -> ExecutionRequest:
    """Hand `task` to an executor; without a name the task's type decides.

    Raises Forbidden, NotYourTask (403) for an agent that is not on the task, Refused (422) for a finished one.
    """
    require(actor, task.project, Need.WRITE)
    if actor.agent_id and not task.assignments.filter(agent_id=actor.agent_id).exists():
        raise NotYourTask("Agents hand on tasks they are assigned to.")
    if task.status in CLOSED:
        raise Refused(f"{task.key} is {task.status}.", code="finished")
    with unit():
        row = ExecutionRequest.objects.create(
            project_id=task.project_id,
            task=task,
            executor=executor or ROUTES.get(task.type, ELSE),
            payload=payload or {},
            **stamp(actor),
        )
        _record(actor, row, "execution.requested", {"executor": row.executor})
        return row


def claim_request(*, actor: Actor, request: ExecutionRequest, agent: Agent) -> ExecutionRequest:
    """Take a pending request for `agent`, which is the caller. One's own again: no change.

    Raises Conflict (409) with the holder when another was first, `AgentHalted` (403) in a mode that starts nothing.
    """
    ensure(actor, Act.START)
    with unit():
        pending = ExecutionRequest.objects.filter(pk=request.pk, status=ExecutionStatus.PENDING)
        won = pending.update(
            status=ExecutionStatus.ASSIGNED,
            claimed_by=agent,
            updated_at=database_now(),
            version=request.version + 1,
        )
        row = get_request(actor, str(request.pk))
        if won:
            _record(actor, row, "execution.claimed", {"agent": agent.slug})
        elif row.claimed_by_id != agent.pk or row.status in FINAL:
            raise _lost(row)
        return row


def report_status(
    *, actor: Actor, request: ExecutionRequest, status: str, result: Any = None, error: str = ""
) -> ExecutionRequest:
    """Say how far the execution is. The same status again is no change.

    Raises Forbidden (403) for anybody but who claimed it or may operate, Refused (422) for a step there is not,
    Conflict (409) when it changed meanwhile.
    """
    _ensure_mine(actor, request)
    changes: dict[str, Any] = {"error": error}
    if result is not None:
        changes["result"] = result
    return _step(actor, request, status, changes)


def cancel_request(*, actor: Actor, request: ExecutionRequest, reason: str = "") -> ExecutionRequest:
    """Call a request off. A canceled one: no change. Raises Forbidden, Refused for one that has ended, Conflict."""
    if not request.is_by(actor):
        require(actor, request.project, Need.OPERATE)
    elif actor.is_agent:
        ensure(actor, Act.WRITE)
    return _step(actor, request, ExecutionStatus.CANCELED.value, {"error": reason})


def _ensure_mine(actor: Actor, request: ExecutionRequest) -> None:
    if not actor.is_agent:
        require(actor, request.project, Need.OPERATE)
        return
    ensure(actor, Act.WRITE)
    if request.claimed_by_id != actor.agent_id:
        raise Forbidden("Another executor has this request.", code="not_claimed")


def _step(actor: Actor, request: ExecutionRequest, to: str, changes: dict[str, Any]) -> ExecutionRequest:
    before = request.status
    if before == to:
        return request
    if to not in STEPS.get(before, frozenset()):
        open_steps = sorted(STEPS.get(before, ()))
        message = f"There is no step from {before} to {to}."
        raise Refused(message, code="bad_step", extra={"allowed": open_steps})
    now = database_now()
    written = {**changes, "status": to, "updated_at": now, "version": request.version + 1}
    if to in FINAL:
        written["finished_at"] = now
    with unit():
        if not ExecutionRequest.objects.filter(pk=request.pk, version=request.version).update(**written):
            raise Conflict("The request changed meanwhile.", extra={"retryable": True})
        for name, value in written.items():
            setattr(request, name, value)
        _record(actor, request, "execution.updated", {"before": {"status": before}, "after": {"status": to}})
    return request


def _lost(row: ExecutionRequest) -> Conflict:
    holder = row.claimed_by.slug if row.claimed_by else None
    extra = {"holder": holder, "retryable": False, "next_action": "Claim another request."}
    return Conflict(f"The request is {row.status} already.", code="claim_lost", extra=extra)


def _record(actor: Actor, row: ExecutionRequest, type: str, data: dict[str, Any]) -> None:
    told = {
        "task": str(row.task_id),
        "key": row.task.key,
        "executor": row.executor,
        "status": row.status,
        **data,
    }
    record(project_id=row.project_id, type=type, actor=actor, target=("execution", row.pk), data=told)
