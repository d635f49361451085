"""The one service that changes a task's status: judging a step, taking it, and keeping what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import DomainError, FieldError, Forbidden
from missioncontrol.kernel.transactions import unit
from tasks import workflow
from tasks.errors import FlagMissing, LeaseHeld, NotYourTask, TransitionRefused
from tasks.models import Assignment, Refusal, Task, stamp
from tasks.services import leases
from tasks.services.access import Need, can, require
from tasks.services.locking import lock_task
from tasks.services.steps import Step, write_step
from tasks.workflow import CLOSED, Facts, Status

__all__ = ["DryRun", "Step", "allowed_transitions", "dry_run", "refusals_logged", "take_locked", "transition"]

BARRIER_ERRORS: dict[str, type[DomainError]] = {
    "not_assigned": NotYourTask,
    "lease_held": LeaseHeld,
    "may_not_close": FlagMissing,
    "block_not_yours": Forbidden,
}


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a step would need: the answer of a dry run."""

    allowed: bool
    missing: list[FieldError]
    effects: list[str]
    refusal: str = ""
    code: str = ""


def transition(*, actor: Actor, task: Task, step: Step, now: datetime | None = None) -> Task:
    """Take one step of the workflow and return the task as it is afterwards.

    The same status again succeeds and records nothing. Raises `TransitionRefused` (422) with everything that is
    missing and the steps open to the actor, `NotYourTask`/`FlagMissing` (403), `StaleLease`, `LeaseHeld` or
    `VersionConflict` (409). A refusal changes nothing and is logged.
    """
    with refusals_logged(actor, task, step), unit():
        return _take(actor, lock_task(task.pk), step, now or database_now())


@contextmanager
def refusals_logged(actor: Actor, task: Task, step: Step) -> Iterator[None]:
    """Keep a row of every refusal that passes through; open it outside the unit that the refusal undoes."""
    origin = task.status
    try:
        yield
    except DomainError as refusal:
        _log_refusal(actor, task, origin, step, refusal)
        raise


def dry_run(*, actor: Actor, task: Task, step: Step, now: datetime | None = None) -> DryRun:
    """What the step would need and do, without taking it."""
    now = now or database_now()
    assignees = list(task.assignments.all())
    facts = _facts(actor, task, step, now, assignees)
    refusal, code = _told_hindrance(actor, task, step, facts, now, assignees)
    if not code and task.status == step.to:
        return DryRun(True, [], [], "The task is already there.", "unchanged")
    missing = _missing(facts, step)
    return DryRun(
        allowed=not code and not missing,
        missing=missing,
        effects=[] if code else _effects_told(task, step.to),
        refusal=refusal,
        code=code,
    )


def _told_hindrance(
    actor: Actor, task: Task, step: Step, facts: Facts, now: datetime, assignees: list[Assignment]
) -> tuple[str, str]:
    """Why the step would be refused whatever is sent along, and the code of that; both empty when it would not."""
    try:
        if not step.override:
            require(actor, task.project, Need.WRITE)
        leases.ensure_settled(actor, task, now)
        leases.check_token(actor, task, step.lease_token, now)
        if task.status == step.to:
            return "", ""
        hindrance = _override_hindrance(actor, task, step) if step.override else workflow.barrier(facts)
        if hindrance is None and not step.override:
            _ensure_rank(actor, task)
            leases.with_step(actor, task, step.to, now, assignees)
    except DomainError as refusal:
        return refusal.message, refusal.code
    return (hindrance.message, hindrance.code) if hindrance else ("", "")


def allowed_transitions(
    actor: Actor, task: Task, now: datetime, assignees: list[Assignment] | None = None
) -> list[str]:
    """The statuses this actor could move the task to now, bringing at most what a request can bring."""
    rows = list(task.assignments.all()) if assignees is None else assignees
    if not can(actor, task.project, Need.WRITE):
        return []
    needs_operate = task.status in {"blocked", "needs_approval"} and not actor.is_agent
    if needs_operate and not can(actor, task.project, Need.OPERATE):
        return []
    return workflow.open_steps(lambda to: _facts(actor, task, Step(to=to), now, rows), task.status)


def take_locked(
    *, actor: Actor, task: Task, step: Step, now: datetime, assignees: list[Assignment] | None = None
) -> Task:
    """`transition` for a caller that has locked the row, inside its own unit, and knows who is assigned."""
    return _take(actor, task, step, now, assignees)


def _take(actor: Actor, task: Task, step: Step, now: datetime, known: list[Assignment] | None = None) -> Task:
    leases.ensure_settled(actor, task, now)
    leases.check_token(actor, task, step.lease_token, now)
    if task.status == step.to:
        return task
    assignees = list(task.assignments.all()) if known is None else known
    facts = _facts(actor, task, step, now, assignees)
    _ensure_allowed(actor, task, step, facts, now, assignees)
    return write_step(actor, task, step, now, assignees)


def _ensure_allowed(
    actor: Actor, task: Task, step: Step, facts: Facts, now: datetime, assignees: list[Assignment]
) -> None:
    def refuse(error: type[DomainError], message: str, code: str | None, **extra: Any) -> NoReturn:
        extra["allowed_transitions"] = allowed_transitions(actor, task, now, assignees)
        errors = extra.pop("errors", ())
        raise error(message, code=code, errors=errors, extra=extra)

    hindrance = _override_hindrance(actor, task, step) if step.override else workflow.barrier(facts)
    if hindrance is not None:
        error = BARRIER_ERRORS.get(hindrance.code, TransitionRefused)
        extra = {"next_action": hindrance.next_action} if hindrance.next_action else {}
        refuse(error, hindrance.message, hindrance.code if error is not TransitionRefused else None, **extra)
    if not step.override:
        _ensure_rank(actor, task)
    missing = _missing(facts, step)
    if missing:
        told = " ".join(error.message for error in missing)
        message = f"{task.key} cannot go to {step.to} yet. {told}"
        refuse(TransitionRefused, message, None, errors=missing, **_way_out(actor, task, missing))


def _way_out(actor: Actor, task: Task, missing: list[FieldError]) -> dict[str, Any]:
    if not actor.is_agent or "assignees" not in {error.field for error in missing}:
        return {}
    return {
        "next_action": f'Claim it with POST /api/v1/agent/claim {{"task": "{task.key}"}}, then try again.'
    }


def _ensure_rank(actor: Actor, task: Task) -> None:
    lifts = actor.kind in {"human", "service"} and task.status in {"blocked", "needs_approval"}
    if lifts and not can(actor, task.project, Need.OPERATE):
        raise Forbidden("Lifting a block or an approval needs the right to operate.")


def _override_hindrance(actor: Actor, task: Task, step: Step) -> workflow.Barrier | None:
    if actor.kind not in {"human", "service"} or not can(actor, task.project, Need.OPERATE):
        raise Forbidden("Only an owner or operator may override the workflow.", code="override_not_yours")
    if task.status == Status.CANCELED:
        return workflow.Barrier("terminal", "A canceled task stays canceled.")
    return None


def _missing(facts: Facts, step: Step) -> list[FieldError]:
    if step.unconditional:
        return []
    if step.override:
        return [] if facts.reason.strip() else [FieldError("reason", "An override needs a reason.")]
    return workflow.missing(facts)


def _facts(actor: Actor, task: Task, step: Step, now: datetime, assignees: list[Assignment]) -> Facts:
    mine = [row for row in assignees if _is_assignee(actor, row)]
    releases = actor.is_agent and step.to == Status.READY
    return Facts(
        origin=task.status,
        to=step.to,
        kind=actor.kind,
        title=task.title,
        description=task.description,
        priority=task.priority,
        assignees=len(assignees) - (len(mine) if releases else 0),
        reason=step.reason,
        work_plan=step.work_plan if step.work_plan is not None else task.work_plan,
        deliverable=step.deliverable if step.deliverable is not None else task.deliverable,
        checklist=step.checklist if step.checklist is not None else task.checklist,
        guarded=task.project.workflow == "guarded",
        is_assignee=bool(mine),
        did_the_work=actor.is_agent and task.last_holder_id == actor.agent_id,
        is_reviewer=actor.is_agent and (step.as_reviewer or task.reviewer_agent_id == actor.agent_id),
        lease_is_free=not leases.is_live(task, now),
        holds_lease=leases.holds(actor, task, now),
        flags=actor.flags,
        agents_may_close=task.project.agents_may_close,
        blocked_by=task.blocked_by,
        auto_approvable=step.auto_approvable,
        task=task,
    )


def _is_assignee(actor: Actor, row: Assignment) -> bool:
    if actor.is_agent:
        return row.agent_id == actor.agent_id
    return actor.kind == "human" and row.user_id == actor.user_id


def _effects_told(task: Task, to: str) -> list[str]:
    told: list[tuple[bool, str]] = [
        (True, f"status becomes {to}"),
        (to == "in_progress" and task.started_at is None, "started now"),
        (to == "review", "submitted now"),
        (to in CLOSED, "closed now"),
        (task.status in CLOSED and to not in CLOSED, "completion time cleared"),
        (to == "blocked", "blocked reason set"),
        (task.status == "blocked", "blocked reason cleared"),
        ((task.status, to) == ("review", "in_progress"), "review cycles grow by one"),
        (task.holder_id is not None and to not in workflow.HELD, "lease ends"),
        (to == "in_progress" and task.status in leases.RETURNING, "its last holder may go on with it"),
    ]
    return [text for applies, text in told if applies]


def _log_refusal(actor: Actor, task: Task, origin: str, step: Step, refusal: DomainError) -> None:
    with unit():
        Refusal.objects.create(
            project_id=task.project_id,
            task_id=task.pk,
            from_status=origin,
            to_status=step.to,
            code=refusal.code,
            reason=refusal.message,
            request_id=actor.request_id,
            **stamp(actor),
        )
