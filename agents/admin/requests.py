"""What was asked for and is waited for: execution, and answers to questions."""

from __future__ import annotations

from django.contrib import admin

from agents.models import ExecutionRequest, ResponseRequest
from missioncontrol.kernel.admin import BY, HouseRows


@admin.register(ExecutionRequest)
class ExecutionRequestAdmin(HouseRows):
    """Tasks handed to executors."""

    list_display = ["task", "executor", "status", "claimed_by", *BY, "created_at", "finished_at"]
    list_filter = ["status", "executor", "project"]
    search_fields = ["task__key", "executor"]
    list_select_related = ["task", "claimed_by"]
    date_hierarchy = "created_at"


@admin.register(ResponseRequest)
class ResponseRequestAdmin(HouseRows):
    """Questions to others, and whether they were answered."""

    list_display = ["task", *BY, "agent", "user", "state", "created_at", "closed_at"]
    list_filter = ["state", "project"]
    search_fields = ["task__key", "agent__slug", "user__username", "actor_name"]
    list_select_related = ["task", "agent", "user"]
    date_hierarchy = "created_at"
