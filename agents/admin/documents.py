"""Documents that agents keep, version by version."""

from __future__ import annotations

from django.contrib import admin

from agents.models import AgentDocument, AgentDocumentVersion
from missioncontrol.kernel.admin import BY, HouseRows, ReadOnlyInline


class DocumentVersionInline(ReadOnlyInline):
    """What a document said, version by version."""

    model = AgentDocumentVersion
    fields = ["version", *BY, "at"]


@admin.register(AgentDocument)
class AgentDocumentAdmin(HouseRows):
    """Documents agents keep."""

    list_display = ["agent", "kind", "date", "version", "updated_at"]
    list_filter = ["kind"]
    search_fields = ["agent__slug", "content"]
    list_select_related = ["agent"]
    date_hierarchy = "updated_at"
    inlines = [DocumentVersionInline]


@admin.register(AgentDocumentVersion)
class AgentDocumentVersionAdmin(HouseRows):
    """Versions of documents, append-only."""

    list_display = ["document", "version", *BY, "at"]
    list_filter = ["document__kind", "actor_kind"]
    search_fields = ["document__agent__slug", "content"]
    list_select_related = ["document"]
    date_hierarchy = "at"
