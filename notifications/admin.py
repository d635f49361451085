"""Notifications in Django's admin: who was told what, who was not and why, and how far the relay has read."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from missioncontrol.kernel.admin import HouseRows, ReadOnlyAdmin
from notifications.handlers import handle
from notifications.models import HeldEvent, Notification, RelayCursor, RelayFailure
from notifications.services import relay


@admin.register(Notification)
class NotificationAdmin(HouseRows):
    """One row for each recipient; a skipped one says why."""

    list_display = ["type", "user", "agent", "task", "actor_name", "state", "reason", "created_at", "read_at"]
    list_filter = ["type", "state", "actor_kind", "project"]
    search_fields = ["task__key", "user__username", "agent__slug", "actor_name", "summary"]
    list_select_related = ["user", "agent", "task"]
    date_hierarchy = "created_at"


@admin.register(RelayCursor)
class RelayCursorAdmin(ReadOnlyAdmin):
    """How far each reader of the events has come."""

    list_display = ["project", "consumer", "seq", "behind", "updated_at"]
    list_filter = ["consumer"]
    search_fields = ["consumer", "project__slug"]
    list_select_related = ["project__stream"]
    date_hierarchy = "updated_at"

    @admin.display(description="Behind")
    def behind(self, cursor: RelayCursor) -> int:
        """Events not read yet."""
        return cursor.project.stream.head_seq - cursor.seq


@admin.register(HeldEvent)
class HeldEventAdmin(ReadOnlyAdmin):
    """Events of changes that can still be undone."""

    list_display = ["project", "consumer", "seq", "change"]
    list_filter = ["consumer", "project"]
    search_fields = ["consumer", "project__slug", "change__task__key"]
    list_select_related = ["project", "change__task"]


@admin.register(RelayFailure)
class RelayFailureAdmin(HouseRows):
    """Events that a reader could not handle."""

    list_display = ["project", "consumer", "seq", "error", "at"]
    list_filter = ["consumer", "project"]
    search_fields = ["error"]
    list_select_related = ["project"]
    date_hierarchy = "at"
    actions = ["try_again"]

    @admin.action(description="Try again", permissions=["operate"])
    def try_again(self, request: HttpRequest, failures: QuerySet[RelayFailure]) -> None:
        """Handle the selected events once more; those that succeed leave the list."""
        chosen = list(failures)
        done = sum(relay.retry(failure=failure, handle=handle) for failure in chosen)
        self.message_user(request, f"{done} of {len(chosen)} handled.", messages.SUCCESS)
