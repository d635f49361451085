"""What an operator should look at, and loops with their evidence."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from agents.models import Alert, LoopDetection
from agents.services import alerts
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import HouseRows, each


@admin.register(Alert)
class AlertAdmin(HouseRows):
    """What an operator should look at."""

    list_display = ["title", "project", "kind", "severity", "state", "count", "last_at", "closed_by"]
    list_filter = ["state", "severity", "kind", "project"]
    search_fields = ["title", "detail", "task__key", "agent__slug"]
    list_select_related = ["project"]
    date_hierarchy = "created_at"
    actions = ["acknowledge", "resolve"]

    @admin.action(description="Acknowledge", permissions=["operate"])
    def acknowledge(self, request: HttpRequest, rows: QuerySet[Alert]) -> None:
        """Somebody looks at it."""
        each(self, request, rows, _acknowledge, "Alerts acknowledged")

    @admin.action(description="Resolve", permissions=["operate"])
    def resolve(self, request: HttpRequest, rows: QuerySet[Alert]) -> None:
        """It is over."""
        each(self, request, rows, _resolve, "Alerts resolved")


def _acknowledge(actor: Actor, alert: Alert) -> None:
    alerts.acknowledge(actor=actor, alert=alert)


def _resolve(actor: Actor, alert: Alert) -> None:
    alerts.resolve(actor=actor, alert=alert)


@admin.register(LoopDetection)
class LoopDetectionAdmin(HouseRows):
    """Tasks that went round in circles, with the evidence."""

    list_display = ["task", "kind", "at"]
    list_filter = ["kind", "project"]
    search_fields = ["task__key"]
    list_select_related = ["task"]
    date_hierarchy = "at"
