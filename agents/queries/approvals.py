"""Reading approvals: which ones a caller sees, and how they look."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from agents.models import Approval, ApprovalDecision
from missioncontrol.kernel.actor import Actor
from tasks.services.access import within_reach

PLAIN = (
    "id", "action_type", "summary", "payload", "payload_hash", "risk", "status", "justification", "estimated_cost",
    "rollback_plan", "return_status", "reason", "needed", "created_at", "expires_at", "escalated_at", "decided_at",
    "grant_used_at", "version",
)  # fmt: skip


def visible_approvals(actor: Actor) -> QuerySet[Approval]:
    """The approvals of the actor's projects, with what `approval_json` needs."""
    rows = Approval.objects.filter(within_reach(actor))
    return rows.select_related("project", "task").prefetch_related("decisions")


def approval_json(approval: Approval) -> dict[str, Any]:
    """One approval as the API shows it; its project, task and decisions should be loaded."""
    decisions = list(approval.decisions.all())
    return {
        **{name: getattr(approval, name) for name in PLAIN},
        "project": approval.project.slug,
        "task": _task(approval),
        "requester": approval.author,
        "approvals": sum(decision.approve for decision in decisions),
        "decisions": [_decision(decision) for decision in decisions],
    }


def _task(approval: Approval) -> dict[str, Any] | None:
    task = approval.task
    return {"id": task.pk, "key": task.key, "title": task.title, "status": task.status} if task else None


def _decision(row: ApprovalDecision) -> dict[str, Any]:
    return {"by": row.author, "approve": row.approve, "reason": row.reason, "at": row.at}
