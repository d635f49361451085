"""Approvals: those who may decide are asked, the requester is told."""

from __future__ import annotations

from uuid import UUID

from agents.models import Approval
from notifications.handlers.registry import handles
from notifications.queries.recipients import Audience, operators
from notifications.services.telling import Telling, tell
from tasks.models import Event


@handles("approval.requested", "approval.escalated")
def ask_for_a_decision(event: Event) -> None:
    """Owners and operators are asked, and asked again when it escalates."""
    approval = _approval(event)
    if approval is None:
        return
    asked = operators(event.project_id) - _requester(approval)
    again = "Still waits for a decision" if event.type == "approval.escalated" else "Waits for a decision"
    summary = f"{again}: {approval.summary} (asked by {approval.actor_name})"
    tell(event, [Telling("approval_requested", asked, summary)], task=approval.task)


@handles("approval.decided", "approval.expired", "approval.canceled")
def tell_the_requester(event: Event) -> None:
    """Whoever asked learns what became of it, and why."""
    approval = _approval(event)
    if approval is None:
        return
    status = str(event.data.get("status") or approval.status)
    if status == "pending":
        # The first of two needed voices decides nothing yet.
        return
    reason = f" ({approval.reason})" if approval.reason else ""
    summary = f"Your request was {status}: {approval.summary}{reason}"
    tell(event, [Telling("approval_decided", _requester(approval), summary)], task=approval.task)


def _approval(event: Event) -> Approval | None:
    return Approval.objects.select_related("task").filter(pk=event.target_id).first()


def _requester(approval: Approval) -> Audience:
    if approval.requester_agent_id is not None:
        return Audience(agents=frozenset({approval.requester_agent_id}))
    if approval.actor_kind == "agent":
        return Audience(agents=frozenset({UUID(approval.actor_id)}))
    if approval.actor_kind == "human":
        return Audience(users=frozenset({int(approval.actor_id)}))
    return Audience()
