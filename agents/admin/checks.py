"""Checks of the chains of events: what the last one of each project said."""

from __future__ import annotations

from django.contrib import admin

from agents.models import ChainCheck
from missioncontrol.kernel.admin import HouseRows


@admin.register(ChainCheck)
class ChainCheckAdmin(HouseRows):
    """One row for each project."""

    list_display = ["project", "state", "ok", "checked", "broken_seq", "finished_by", "finished_at"]
    list_filter = ["state", "ok"]
    search_fields = ["project__slug", "broken_what"]
    list_select_related = ["project"]
    date_hierarchy = "finished_at"
