"""Imports: how far they came, and what they left out."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from missioncontrol.kernel.admin import ReadOnlyAdmin
from tasks.models import Import, ImportNote, ImportPiece, ImportRow


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Imports and their numbers."""

    list_display = ["filename", "project", "state", "format", "total", "done", "actor_name", "created_at"]
    list_filter = ["state", "format"]
    search_fields = ["filename", "project__slug", "actor_name"]
    date_hierarchy = "created_at"
    list_select_related = ["project"]


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    """Tasks that were read, and what became of them."""

    list_display = ["ref", "title", "status", "verdict", "result", "task_key"]
    list_filter = ["result", "verdict"]
    search_fields = ["ref", "title", "task_key"]
    date_hierarchy = "made_at"
    exclude = ["record"]


@admin.register(ImportNote)
class ImportNoteAdmin(ReadOnlyAdmin):
    """What was left out."""

    list_display = ["source", "file", "line", "ref", "reason"]
    search_fields = ["ref", "reason"]
    list_select_related = ["source"]


@admin.register(ImportPiece)
class ImportPieceAdmin(ReadOnlyAdmin):
    """Parts of files that are being imported."""

    list_display = ["source", "number"]
    search_fields = ["source__filename"]
    exclude = ["data"]
    list_select_related = ["source"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportPiece]:
        """Without the bytes, which no list shows."""
        return super().get_queryset(request).defer("data")
