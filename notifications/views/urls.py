"""The pages about notifications."""

from __future__ import annotations

from django.urls import path

from . import bell

urlpatterns = [
    path("notifications/count", bell.count, name="bell-count"),
    path("notifications/panel", bell.panel, name="bell-panel"),
]
