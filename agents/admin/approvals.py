"""What people were asked to allow, and what they said."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from agents.models import Approval, ApprovalDecision
from agents.services import decisions
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import BY, HouseRows, ReadOnlyInline, each


class DecisionInline(ReadOnlyInline):
    """Who said yes and who said no."""

    model = ApprovalDecision
    fields = ["approve", *BY, "reason", "at"]


@admin.register(Approval)
class ApprovalAdmin(HouseRows):
    """What people were asked to allow."""

    list_display = ["summary", "project", "task", "action_type", "risk", "status", *BY, "expires_at"]
    list_filter = ["status", "risk", "action_type", "project"]
    search_fields = ["summary", "task__key", "actor_name", "=payload_hash"]
    list_select_related = ["project", "task"]
    date_hierarchy = "created_at"
    inlines = [DecisionInline]
    actions = ["expire"]

    @admin.action(description="Expire now: the task is blocked with the reason", permissions=["operate"])
    def expire(self, request: HttpRequest, rows: QuerySet[Approval]) -> None:
        """End pending requests before their time."""

        def act(actor: Actor, approval: Approval) -> None:
            decisions.expire_early(actor=actor, approval=approval)

        each(self, request, rows.select_related("project"), act, "Requests ended")


@admin.register(ApprovalDecision)
class ApprovalDecisionAdmin(HouseRows):
    """Votes, append-only."""

    list_display = ["approval", "approve", *BY, "reason", "at"]
    list_filter = ["approve"]
    search_fields = ["approval__summary", "actor_name"]
    list_select_related = ["approval"]
    date_hierarchy = "at"
