"""Agents: what they may do is edited, what they shall do is ordered."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from agents.admin.credentials import AgentKeyInline
from agents.models import ActivityEntry, Agent
from agents.services import control, leasing
from agents.services.registry import EDITABLE, update_agent
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import HouseRows, ServiceAdmin, each

REASON = "Set in the admin."
LISTS = {"skills", "task_types", "tools"}
"""Kept as JSON, whose shape the API checks and a form of the admin would not."""


@admin.register(Agent)
class AgentAdmin(ServiceAdmin):
    """Agents: what they may do is edited, what they shall do is ordered."""

    list_display = ["slug", "name", "project", "level", "state", "health", "last_beat_at", "error_streak"]
    list_filter = ["state", "health", "level", "project"]
    search_fields = ["slug", "name"]
    list_select_related = ["project"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = [AgentKeyInline]
    actions = ["resume", "pause", "drain", "quarantine", "end_leases"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All but what the registry edits and a form can check."""
        return [field.name for field in Agent._meta.fields if field.name not in set(EDITABLE) - LISTS]

    def changed(self, actor: Actor, row: Any, changes: dict[str, Any], form: Any) -> None:
        """With its event."""
        update_agent(actor=actor, agent=row, changes=changes)

    @admin.action(description="Resume", permissions=["operate"])
    def resume(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Let them work again."""
        self._order(request, rows, "resume")

    @admin.action(description="Pause", permissions=["operate"])
    def pause(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Let them write nothing."""
        self._order(request, rows, "pause")

    @admin.action(description="Drain", permissions=["operate"])
    def drain(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Let them finish and start nothing."""
        self._order(request, rows, "drain")

    @admin.action(description="Quarantine", permissions=["operate"])
    def quarantine(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Take their tasks away and let them only read."""
        self._order(request, rows, "quarantine")

    @admin.action(description="End their leases: what they hold is ready again", permissions=["operate"])
    def end_leases(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Let others have what they hold, and leave them as they are."""

        def act(actor: Actor, agent: Agent) -> None:
            leasing.end_leases(actor=actor, agent=agent, reason=REASON)

        each(self, request, rows.select_related("project"), act, "Agents whose leases have ended")

    def _order(self, request: HttpRequest, rows: QuerySet[Agent], action: str) -> None:
        def act(actor: Actor, agent: Agent) -> None:
            control.order(actor=actor, agent=agent, action=action, reason=REASON)

        each(self, request, rows.select_related("project"), act, f"Agents told to {action}")


@admin.register(ActivityEntry)
class ActivityEntryAdmin(HouseRows):
    """What agents told about themselves."""

    list_display = ["agent", "health", "task", "progress", "note", "at"]
    list_filter = ["health"]
    search_fields = ["agent__slug", "task__key", "note"]
    list_select_related = ["agent", "task"]
    date_hierarchy = "at"
