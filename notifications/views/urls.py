"""The pages about notifications, and the feed."""

from __future__ import annotations

from django.urls import path

from . import bell, feed

urlpatterns = [
    path("notifications/count", bell.count, name="bell-count"),
    path("notifications/panel", bell.panel, name="bell-panel"),
    path("p/<slug:slug>/feed", feed.feed, name="feed"),
    path("p/<slug:slug>/feed/lines", feed.lines, name="feed-lines"),
]
