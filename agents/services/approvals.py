"""Approvals: asking a person first. Deciding, expiry and escalation are in `decisions`.

A request about a task moves the task to needs_approval; a decision sends it back or blocks it. Approved means a grant:
good for one use, for exactly the payload that was shown to the person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from agents.models import Approval, ApprovalStatus, Risk
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict, FieldError, Forbidden, NotFound, Refused
from missioncontrol.kernel.ids import parse_uuid
from missioncontrol.kernel.transactions import unit
from tasks import workflow
from tasks.errors import NotYourTask
from tasks.events import canonical, record
from tasks.models import Project, Task, stamp
from tasks.services import leases
from tasks.services.access import Need, require, within_reach
from tasks.services.locking import lock_task, write_task
from tasks.services.transition import Step, transition
from tasks.workflow import Facts, Requirement, Status

HOUSE = Actor.system("approvals")
EXPIRES_S = 60 * 60
REVIEW_EXPIRES_S = 24 * 60 * 60
MAX_PAYLOAD = 100_000
CLAIM = "claim"
STANDING = frozenset({CLAIM})
"""Action types whose request leaves the task where it is: it is not yet the requester's to move."""

Approved = Callable[[Approval, Actor], None]
_on_approved: dict[str, Approved] = {}


def on_approved(action_type: str, effect: Approved) -> None:
    """Call `effect(approval, decider)` inside the transaction that approves a request of `action_type`.

    A refusal it raises undoes the approval: the decider learns why.
    """
    _on_approved[action_type] = effect


def run_on_approved(approval: Approval, actor: Actor) -> None:
    """Let the owner of the action type act on its approval."""
    effect = _on_approved.get(approval.action_type)
    if effect is not None:
        effect(approval, actor)


def payload_hash(payload: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of the payload's canonical JSON: what a grant is bound to."""
    return hashlib.sha256(canonical(payload).encode()).hexdigest()


def get_approval(actor: Actor, ref: str, need: Need = Need.READ) -> Approval:
    """The approval with the id `ref`. Raises NotFound when the actor may not see it, Forbidden when only see it."""
    identity = parse_uuid(ref)
    rows = Approval.objects.filter(within_reach(actor))
    rows = rows.select_related("project", "task").prefetch_related("decisions")
    approval = rows.filter(pk=identity).first() if identity else None
    if approval is None:
        raise NotFound("There is no such approval.")
    require(actor, approval.project, need)
    return approval


def request_approval(
    *,
    actor: Actor,
    project: Project,
    action_type: str,
    summary: str,
    task: Task | None = None,
    payload: Mapping[str, Any] | None = None,
    risk: str = Risk.YELLOW,
    justification: str = "",
    estimated_cost: Decimal | None = None,
    rollback_plan: str = "",
    expires_in_s: int | None = None,
) -> Approval:
    """Ask for an approval; about a task, the task waits in needs_approval for the answer.

    It expires after `expires_in_s` seconds (an hour, or a day for a review). Asking again for what the same requester
    still waits for answers the request there is. Raises Forbidden or NotYourTask (403), LeaseHeld (409),
    TransitionRefused (422) for a task that cannot wait (a finished one), Refused (422) for an oversized payload.
    """
    require(actor, project, Need.WRITE)
    told = dict(payload or {})
    _check_payload(told)
    with unit():
        locked = lock_task(task.pk) if task else None
        _ensure_of_project(locked, project)
        now = database_now()
        if waiting := _waiting(actor, locked, action_type, payload_hash(told)):
            return waiting
        moves = locked is not None and action_type not in STANDING
        if locked is not None and moves:
            _ensure_asker(actor, locked)
        approval = Approval.objects.create(
            project=project,
            task=locked,
            requester_agent_id=actor.agent_id,
            action_type=action_type,
            summary=summary,
            payload=told,
            payload_hash=payload_hash(told),
            risk=risk,
            justification=justification,
            estimated_cost=estimated_cost,
            rollback_plan=rollback_plan,
            return_status=_return_status(locked) if moves and locked else "",
            created_at=now,
            expires_at=now + timedelta(seconds=expires_in_s or _default_expiry(action_type)),
            idempotency_key=actor.idempotency_key,
            **stamp(actor),
        )
        if locked is not None and moves:
            step = Step(to=Status.NEEDS_APPROVAL, reason=summary, automatic=True)
            approval.task = transition(actor=HOUSE, task=locked, step=step)
        tell(approval, "approval.requested", actor)
        return approval


def use_grant(*, actor: Actor, approval: Approval, payload_hash: str) -> Approval:
    """Use an approval up, once, for the payload it was given for.

    Raises Forbidden (403) for anyone but the requester, Refused (422) `not_approved` or `grant_mismatch`, Conflict
    (409) `grant_used`.
    """
    if not approval.is_by(actor):
        raise Forbidden("Only the requester can use this approval.")
    with unit():
        now = database_now()
        usable = Approval.objects.filter(
            pk=approval.pk, status=ApprovalStatus.APPROVED, payload_hash=payload_hash, grant_used_at=None
        )
        used = usable.update(grant_used_at=now)
        approval.refresh_from_db()
        if not used:
            _refuse_grant(approval, payload_hash)
        tell(approval, "approval.grant_used", actor)
        return approval


def tell(approval: Approval, type: str, actor: Actor, **data: Any) -> None:
    """Leave the event `type` about an approval."""
    told = {
        "task": str(approval.task_id) if approval.task_id else None,
        "key": approval.task.key if approval.task else "",
        "action_type": approval.action_type,
        "summary": approval.summary,
        "risk": approval.risk,
        "status": approval.status,
        "reason": approval.reason,
        "requester": {"kind": approval.actor_kind, "id": approval.actor_id, "name": approval.actor_name},
        **data,
    }
    target = ("approval", approval.pk)
    record(project_id=approval.project_id, type=type, actor=actor, target=target, data=told)


def register_requirement() -> None:
    """Teach the workflow that done needs an approval where the project says so."""
    workflow.register(
        Requirement(
            "approval",
            "an approved approval for this task, where the project requires one",
            lambda origin, to: to == Status.DONE,
            _approval_missing,
        )
    )


def _approval_missing(facts: Facts) -> list[FieldError]:
    task: Task | None = facts.task
    if task is None or not task.project.done_needs_approval:
        return []
    granted = Approval.objects.filter(task=task, status=ApprovalStatus.APPROVED)
    if granted.exclude(action_type__in=STANDING).exists():
        return []
    return [FieldError("approval", "This project needs an approved approval before a task is done.")]


def _default_expiry(action_type: str) -> int:
    return REVIEW_EXPIRES_S if action_type == "review" else EXPIRES_S


def _check_payload(payload: Mapping[str, Any]) -> None:
    if len(canonical(payload)) > MAX_PAYLOAD:
        message = f"At most {MAX_PAYLOAD:,} characters."
        raise Refused("The payload is too long.", code="invalid", errors=[FieldError("payload", message)])


def _ensure_of_project(task: Task | None, project: Project) -> None:
    if task is not None and task.project_id != project.pk:
        raise NotFound("There is no such task.")


def _waiting(actor: Actor, task: Task | None, action_type: str, digest: str) -> Approval | None:
    same = Approval.objects.filter(task=task, action_type=action_type, payload_hash=digest)
    mine = same.filter(actor_kind=actor.kind, actor_id=actor.id)
    live = mine.filter(status=ApprovalStatus.PENDING, expires_at__gt=database_now())
    return live.first() if task is not None else None


def _ensure_asker(actor: Actor, task: Task) -> None:
    """An agent asks about its own task only, as its holder; nobody's lease is ended by another's question."""
    if not actor.is_agent:
        return
    assignees = list(task.assignments.all())
    if actor.agent_id not in {row.agent_id for row in assignees}:
        raise NotYourTask("You are not assigned to this task.", extra={"next_action": "Claim a task first."})
    now = database_now()
    changes = leases.for_write(actor, task, now, assignees)
    if changes:
        write_task(task, **changes)


def _return_status(task: Task) -> str:
    return task.return_status if task.status == Status.NEEDS_APPROVAL else task.status


def _refuse_grant(approval: Approval, digest: str) -> None:
    if approval.status != ApprovalStatus.APPROVED:
        raise Refused(f"This request is {approval.status}, not approved.", code="not_approved")
    if approval.payload_hash != digest:
        raise Refused("The approval was given for another payload.", code="grant_mismatch")
    raise Conflict("This approval has been used.", code="grant_used", extra={"next_action": "Ask again."})
