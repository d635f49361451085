"""What can be found by its words."""

from __future__ import annotations

from django.contrib import admin

from missioncontrol.kernel.admin import HouseRows
from tasks.models import SearchDoc


@admin.register(SearchDoc)
class SearchDocAdmin(HouseRows):
    """The full-text index's rows, which only the database itself writes."""

    list_display = ["id", "kind", "ref", "project", "task"]
    list_filter = ["kind", "project"]
    search_fields = ["=ref", "=task__key"]
    list_select_related = ["project", "task"]
    ordering = ["-id"]
