"""What becomes of a request for approval: approved, denied, canceled, expired, escalated; and of its task.

Locks are taken task first, then approval. Expiry is exact: whoever decides after the expiry finds the request expired,
whether or not the job has been by.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import F

from agents.models import Approval, ApprovalDecision, ApprovalStatus, Risk
from agents.services.approvals import HOUSE, STANDING, run_on_approved, tell
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict, FieldError, Forbidden, Refused
from missioncontrol.kernel.isolation import Isolated
from missioncontrol.kernel.transactions import unit
from tasks.models import BlockCause, Change, Task, Transition, stamp
from tasks.services.access import Need, can, require
from tasks.services.locking import lock_task
from tasks.services.transition import Step, transition
from tasks.workflow import CLOSED, HELD, Status

Deciding = Callable[[Approval, Actor, str, datetime], None]


def approve(*, actor: Actor, approval: Approval, reason: str = "") -> Approval:
    """Say yes. The last yes needed approves the request, and its task goes back where it was.

    Raises Forbidden (403) for the requester, for those who may not operate, and for a service where red needs people;
    Conflict (409) `approval_decided`, `approval_expired` or `already_approved`.
    """
    _ensure_decider(actor, approval)
    if approval.risk == Risk.RED and actor.kind != "human":
        raise Forbidden("Red needs two different people, each in their own name.")
    return _decide(actor, approval, reason, _say_yes)


def deny(*, actor: Actor, approval: Approval, reason: str) -> Approval:
    """Say no: one is enough, with a reason (422 without); the task is blocked with it. Raises as `approve` does."""
    _ensure_decider(actor, approval)
    if not reason.strip():
        raise Refused("A denial needs a reason.", code="invalid", errors=[FieldError("reason", "Say why.")])
    return _decide(actor, approval, reason, _say_no)


def cancel(*, actor: Actor, approval: Approval, reason: str = "") -> Approval:
    """Take a request back, as its requester or an operator; its task goes back where it was.

    Raises Forbidden (403), Conflict (409) `approval_decided` or `approval_expired`.
    """
    mine = approval.is_by(actor)
    require(actor, approval.project, Need.WRITE if mine else Need.OPERATE)
    return _decide(actor, approval, reason, _take_back)


def expire_due(*, now: datetime | None = None) -> int:
    """Expire every request whose time is over, each by itself: one that fails stops no other. Answers how many."""
    now = now or database_now()
    expired = 0
    for approval in Approval.objects.filter(status=ApprovalStatus.PENDING, expires_at__lte=now):
        with Isolated(f"expiry of approval {approval.pk}"):
            expired += _expire_one(approval, now)
    return expired


def expire_early(*, actor: Actor, approval: Approval) -> Approval:
    """End one pending request as if its time were over; one that is settled stays as it is. Raises Forbidden."""
    require(actor, approval.project, Need.OPERATE)
    with unit():
        row = _lock(approval)
        if row.status == ApprovalStatus.PENDING:
            _expire(row, database_now(), f"{actor.name} ended it before its time.", actor)
    return row


def escalate_due(*, now: datetime | None = None) -> int:
    """Mark every pending request that has waited half its life; answers how many."""
    now = now or database_now()
    waiting = Approval.objects.filter(status=ApprovalStatus.PENDING, escalated_at=None, expires_at__gt=now)
    late = [row for row in waiting if row.created_at + (row.expires_at - row.created_at) / 2 <= now]
    return sum(_escalate_one(row, now) for row in late)


def cancel_for_closed_task(task: Task, row: Transition, actor: Actor) -> None:
    """Take back what waits about a task that was finished or canceled meanwhile (a transition hook)."""
    if row.to_status not in CLOSED:
        return
    pending = Approval.objects.select_for_update().filter(task=task, status=ApprovalStatus.PENDING)
    for approval in pending:
        reason = f"The task is {row.to_status}."
        _settle(approval, ApprovalStatus.CANCELED, reason, row.at)
        tell(approval, "approval.canceled", actor)


def reinstate_for_undone_change(task: Task, change: Change, actor: Actor) -> None:
    """Let what was taken back when the task was closed wait again, now that the closing is undone (an undo hook)."""
    closed = change.transitions.filter(task=task, to_status__in=CLOSED).values("at")
    canceled = Approval.objects.select_for_update().filter(
        task=task, status=ApprovalStatus.CANCELED, decided_at__in=closed
    )
    for approval in canceled:
        approval.status, approval.reason, approval.decided_at = ApprovalStatus.PENDING, "", None
        Approval.objects.filter(pk=approval.pk).update(
            status=ApprovalStatus.PENDING, reason="", decided_at=None, version=F("version") + 1
        )
        tell(approval, "approval.reinstated", actor, undoes=str(change.pk))


def ensure_decides(actor: Actor) -> None:
    """Raises Forbidden (403) for those who never decide anything, whatever it is about."""
    if actor.kind not in {"human", "service"}:
        raise _not_yours()


def _not_yours() -> Forbidden:
    return Forbidden("Only an owner or operator decides.", extra={"next_action": "Ask an operator."})


def _ensure_decider(actor: Actor, approval: Approval) -> None:
    ensure_decides(actor)
    if not can(actor, approval.project, Need.OPERATE):
        raise _not_yours()
    if approval.is_by(actor):
        raise Forbidden("Somebody else has to decide what you asked for.", code="own_request")


def _decide(actor: Actor, approval: Approval, reason: str, deciding: Deciding) -> Approval:
    with unit():
        row = _lock(approval)
        now = database_now()
        if row.status != ApprovalStatus.PENDING:
            raise Conflict(_settled(row), code=_code(row))
        late = row.expires_at <= now
        if late:
            _expire(row, now)
        else:
            deciding(row, actor, reason, now)
    # Only now that the expiry is kept may the decision be refused: a refusal inside would undo it.
    if late:
        raise Conflict("This request has expired.", code="approval_expired")
    return row


def _settled(approval: Approval) -> str:
    last = approval.decisions.order_by("at", "id").last()
    by = f" by {last.actor_name}" if last and approval.status in {"approved", "denied"} else ""
    return f"This request is {approval.status} already{by}."


def _code(approval: Approval) -> str:
    return "approval_expired" if approval.status == ApprovalStatus.EXPIRED else "approval_decided"


def _lock(approval: Approval) -> Approval:
    task = lock_task(approval.task_id) if approval.task_id else None
    row = Approval.objects.select_for_update(of=("self",)).select_related("project").get(pk=approval.pk)
    row.task = task
    return row


def _say_yes(approval: Approval, actor: Actor, reason: str, now: datetime) -> None:
    _vote(approval, actor, True, reason, now)
    given = approval.decisions.filter(approve=True).count()
    if given < approval.needed:
        tell(approval, "approval.seconded", actor, approvals=given, needed=approval.needed)
        return
    _settle(approval, ApprovalStatus.APPROVED, reason, now)
    run_on_approved(approval, actor)
    _send_back(approval, f"Approved by {actor.name}: {approval.summary}")
    tell(approval, "approval.decided", actor)


def _say_no(approval: Approval, actor: Actor, reason: str, now: datetime) -> None:
    _vote(approval, actor, False, reason, now)
    _settle(approval, ApprovalStatus.DENIED, reason, now)
    _block(approval, f"Approval denied by {actor.name}: {reason}")
    tell(approval, "approval.decided", actor)


def _take_back(approval: Approval, actor: Actor, reason: str, now: datetime) -> None:
    _settle(approval, ApprovalStatus.CANCELED, reason, now)
    _send_back(approval, f"Request canceled by {actor.name}: {approval.summary}")
    tell(approval, "approval.canceled", actor)


def _vote(approval: Approval, actor: Actor, approve: bool, reason: str, now: datetime) -> None:
    before = approval.decisions.filter(actor_kind=actor.kind, actor_id=actor.id, approve=True)
    if approve and before.exists():
        raise Conflict("You have approved this; a second person is needed.", code="already_approved")
    if before.exists():
        # Whoever said yes may still say no while the request waits: the last word counts.
        before.update(approve=False, reason=reason, at=now)
        return
    ApprovalDecision.objects.create(approval=approval, approve=approve, reason=reason, at=now, **stamp(actor))


def _settle(approval: Approval, status: str, reason: str, now: datetime) -> None:
    approval.status, approval.reason, approval.decided_at = status, reason, now
    approval.version += 1
    Approval.objects.filter(pk=approval.pk).update(
        status=status, reason=reason, decided_at=now, version=F("version") + 1
    )


def _send_back(approval: Approval, reason: str) -> None:
    task = _waiting_task(approval)
    if task is None or Approval.objects.filter(task=task, status=ApprovalStatus.PENDING).exists():
        return
    to = _destination(task, approval)
    if to == Status.BLOCKED:
        reason = _earlier_block(task) or reason
    step = Step(to=to, reason=reason, automatic=True, unconditional=True)
    approval.task = transition(actor=HOUSE, task=task, step=step)


def _block(approval: Approval, reason: str) -> None:
    task = _waiting_task(approval)
    if task is not None:
        step = Step(to=Status.BLOCKED, reason=reason, automatic=True, cause=BlockCause.APPROVAL)
        approval.task = transition(actor=HOUSE, task=task, step=step)


def _waiting_task(approval: Approval) -> Task | None:
    """The request's task, where it still waits in needs_approval."""
    task = approval.task
    if task is None or approval.action_type in STANDING or task.status != Status.NEEDS_APPROVAL:
        return None
    return task


def _destination(task: Task, approval: Approval) -> str:
    """Where the task came from, or the nearest status its assignees still allow."""
    to = task.return_status or approval.return_status or Status.INBOX
    assigned = task.assignments.exists()
    if to in HELD and not assigned:
        return Status.INBOX
    return Status.ASSIGNED if to == Status.READY and assigned else to


def _earlier_block(task: Task) -> str:
    blocks = Transition.objects.filter(task=task, to_status=Status.BLOCKED).order_by("-id")
    return blocks.values_list("reason", flat=True).first() or ""


def _expire(
    approval: Approval, now: datetime, reason: str = "Nobody decided in time.", actor: Actor = HOUSE
) -> None:
    _settle(approval, ApprovalStatus.EXPIRED, reason, now)
    _block(approval, f"Approval expired: {approval.summary}")
    tell(approval, "approval.expired", actor)


def _expire_one(approval: Approval, now: datetime) -> int:
    with unit():
        row = _lock(approval)
        if row.status != ApprovalStatus.PENDING or row.expires_at > now:
            return 0
        _expire(row, now)
        return 1


def _escalate_one(approval: Approval, now: datetime) -> int:
    with unit():
        open_rows = Approval.objects.filter(pk=approval.pk, status=ApprovalStatus.PENDING, escalated_at=None)
        if not open_rows.update(escalated_at=now):
            return 0
        approval.escalated_at = now
        tell(approval, "approval.escalated", HOUSE, expires_at=approval.expires_at)
        return 1
