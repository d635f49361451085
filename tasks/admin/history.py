"""What happened: events, changes of status, refusals. All of it append-only."""

from __future__ import annotations

from django.contrib import admin

from missioncontrol.kernel.admin import BY, HouseRows
from tasks.models import Change, Event, EventStream, Refusal, Transition


@admin.register(Event)
class EventAdmin(HouseRows):
    """The history, append-only."""

    list_display = ["project", "seq", "type", *BY, "target_type", "target_id", "at"]
    list_filter = ["project", "actor_kind", "type"]
    search_fields = ["=target_id", "type", "actor_name"]
    list_select_related = ["project"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(EventStream)
class EventStreamAdmin(HouseRows):
    """Where each project's history stands."""

    list_display = ["project", "head_seq", "head_hash", "floor_seq", "epoch"]
    list_filter = ["project"]
    search_fields = ["project__slug", "=head_hash"]
    list_select_related = ["project"]


@admin.register(Transition)
class TransitionAdmin(HouseRows):
    """Every change of a status, append-only."""

    list_display = ["task", "from_status", "to_status", *BY, "reason", "override", "automatic", "at"]
    list_filter = ["to_status", "from_status", "actor_kind", "override", "automatic", "project"]
    search_fields = ["task__key", "actor_name", "=idempotency_key", "=request_id"]
    list_select_related = ["task"]
    date_hierarchy = "at"
    ordering = ["-id"]


@admin.register(Change)
class ChangeAdmin(HouseRows):
    """Changes that can be undone, or could: by whom, until when, and how each ended."""

    list_display = ["task", *BY, "made_at", "due_at", "undone_at", "released_at"]
    list_filter = ["actor_kind", "project"]
    search_fields = ["task__key", "actor_name"]
    list_select_related = ["task"]
    date_hierarchy = "made_at"
    ordering = ["-made_at"]


@admin.register(Refusal)
class RefusalAdmin(HouseRows):
    """What was refused, append-only: where safety stops show."""

    list_display = ["task", "from_status", "to_status", "code", *BY, "at"]
    list_filter = ["code", "to_status", "actor_kind", "project"]
    search_fields = ["task__key", "actor_name", "reason"]
    list_select_related = ["task"]
    date_hierarchy = "at"
