"""Steps of the workflow: what one is, and what it writes once `transition` has let it pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from missioncontrol.kernel.actor import Actor
from tasks.events import record_task
from tasks.models import Assignment, BlockCause, Change, Review, Task, Transition, stamp
from tasks.recording import current
from tasks.services import leases
from tasks.services.hooks import run_transition_hooks
from tasks.services.locking import write_task
from tasks.workflow import CLOSED, Status

UNDONE = "Undone."
"""The reason in the history of a step that takes another one back."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step somebody asks for.

    `work_plan`, `deliverable`, `checklist` and `progress` (percent) are stored on the task with the step.
    `override` skips every requirement but the reason. `automatic` marks a rule of the house; `unconditional` lets
    such a rule pass where the requirements speak of what the rule itself is about to mend. `cause` says why a task
    is blocked. `lease_s` is the length in seconds of a lease that the step gives. `as_reviewer` lends an agent the
    reviewer's rights for this step: a peer review sends work back whoever was named to review it.
    """

    to: str
    reason: str = ""
    work_plan: Mapping[str, Any] | None = None
    deliverable: Mapping[str, Any] | None = None
    checklist: Mapping[str, Any] | None = None
    progress: int | None = None
    lease_token: int | None = None
    override: bool = False
    automatic: bool = False
    unconditional: bool = False
    auto_approvable: bool = False
    cause: str = BlockCause.REASON
    position: int | None = None
    lease_s: int | None = None
    as_reviewer: bool = False


def write_step(actor: Actor, task: Task, step: Step, now: datetime, assignees: list[Assignment]) -> Task:
    """Write an allowed step, its history and its event, and tell the hooks.

    Call it inside `unit()` with the row locked. Raises `VersionConflict` (409) when another writer came first.
    """
    origin = task.status
    changes = _changes(actor, task, step, now, assignees)
    granted = changes.get("lease_token")
    write_task(task, **changes)
    if actor.is_agent and step.to == Status.READY:
        task.assignments.filter(agent_id=actor.must_be_agent()).delete()
    if origin == "review":
        _settle_reviews(task, step.to)
    row = _record(actor, task, step, origin, now, granted)
    run_transition_hooks(task, row, actor)
    return task


def write_back(actor: Actor, task: Task, change: Change, changes: dict[str, Any], now: datetime) -> Task:
    """Write the columns that undo `change` on this task, with history and event, and tell the hooks of a step.

    Where the lease went to somebody meanwhile, `changes` holds a new token, which its holder is told.
    """
    origin = task.status
    told: dict[str, Any] = {"undoes": str(change.pk)}
    if changes.get("lease_token", 0) > task.lease_token:
        told["lease"] = {"agent": str(changes["holder_id"]), "token": changes["lease_token"]}
    write_task(task, **changes)
    if task.status == origin:
        record_task(task, type="task.undone", actor=actor, data=told)
        return task
    row = Transition.objects.create(
        project_id=task.project_id,
        task=task,
        from_status=origin,
        to_status=task.status,
        reason=UNDONE,
        artifacts=_artifacts(task),
        request_id=actor.request_id,
        at=now,
        undoes=change,
        **stamp(actor),
    )
    told |= {"before": {"status": origin}, "after": {"status": task.status}, "reason": UNDONE}
    told |= {"override": False, "automatic": False}
    record_task(task, type="task.transitioned", actor=actor, data=told)
    run_transition_hooks(task, row, actor)
    return task


def _changes(
    actor: Actor, task: Task, step: Step, now: datetime, assignees: list[Assignment]
) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "status": step.to,
        "status_since": now,
        "updated_at": now,
        "position": top_position() if step.position is None else step.position,
    }
    for name in ("work_plan", "deliverable", "checklist", "progress"):
        if getattr(step, name) is not None:
            changes[name] = getattr(step, name)
    changes |= _timestamps(task, step.to, now) | _block(actor, step)
    changes |= leases.with_step(
        actor, task, step.to, now, assignees, step.lease_s, counted=step.unconditional
    )
    if (task.status, step.to) == ("review", "in_progress"):
        changes["review_cycles"] = task.review_cycles + 1
    if step.to == "needs_approval":
        changes["return_status"] = task.status
    elif task.status == "needs_approval":
        changes["return_status"] = ""
    if step.to == Status.DONE:
        changes["progress"] = 100
    if task.status == "blocked" and actor.kind in {"human", "service"}:
        changes["loop_watermark"] = now
        changes["abandoned_attempts"] = 0
    return changes


def _timestamps(task: Task, to: str, now: datetime) -> dict[str, Any]:
    stamps: dict[str, Any] = {"completed_at": now if to in CLOSED else None}
    if to == "in_progress" and task.started_at is None:
        stamps["started_at"] = now
    if to == "review":
        stamps["submitted_at"] = now
    return stamps


def _block(actor: Actor, step: Step) -> dict[str, Any]:
    if step.to != "blocked":
        return {"blocked_reason": "", "blocked_by": "", "block_cause": ""}
    return {"blocked_reason": step.reason, "blocked_by": actor.kind, "block_cause": step.cause}


def _settle_reviews(task: Task, to: str) -> None:
    if to in {"in_progress", "done"}:
        Review.objects.filter(task=task, state="pending").update(state="superseded")


def _record(
    actor: Actor, task: Task, step: Step, origin: str, now: datetime, granted: int | None
) -> Transition:
    row = Transition.objects.create(
        project_id=task.project_id,
        task=task,
        from_status=origin,
        to_status=step.to,
        reason=step.reason,
        artifacts=_artifacts(task),
        override=step.override,
        automatic=step.automatic,
        lease_token=step.lease_token,
        idempotency_key=actor.idempotency_key,
        request_id=actor.request_id,
        at=now,
        change_id=made.id if (made := current()) is not None else None,
        **stamp(actor),
    )
    data: dict[str, Any] = {
        "before": {"status": origin},
        "after": {"status": step.to},
        "reason": step.reason,
        "override": step.override,
        "automatic": step.automatic,
    }
    if granted:
        data["lease"] = {"agent": str(task.holder_id), "token": granted}
    if step.to == "blocked":
        data["cause"] = step.cause
    record_task(task, type="task.transitioned", actor=actor, data=data)
    return row


def _artifacts(task: Task) -> dict[str, Any]:
    kept = {name: getattr(task, name) for name in ("work_plan", "deliverable", "checklist")}
    return {name: value for name, value in kept.items() if value}


def top_position(clock: Callable[[], float] = time.time) -> int:
    """A position above every other card of a column: later is higher up, in steps of 2^20 per millisecond."""
    return -(int(clock() * 1000) << 20)
