"""Search, relative to /api/v1/."""

from __future__ import annotations

from django.urls import path

from agents.api.search import Search, Suggest

urlpatterns = [
    path("search", Search.as_view(), name="api-search"),
    path("search/suggest", Suggest.as_view(), name="api-suggest"),
]
