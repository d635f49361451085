"""The pages about notifications, and the feed."""

from __future__ import annotations

from django.urls import path

from . import audit, bell, feed, inbox, timeline

urlpatterns = [
    path("notifications/count", bell.count, name="bell-count"),
    path("notifications/panel", bell.panel, name="bell-panel"),
    path("inbox", inbox.everywhere, name="inbox-everywhere"),
    path("inbox/items", inbox.everywhere_items, name="inbox-everywhere-items"),
    path("p/<slug:slug>/inbox", inbox.page, name="inbox"),
    path("p/<slug:slug>/inbox/items", inbox.items, name="inbox-items"),
    path("p/<slug:slug>/inbox/count", inbox.count, name="inbox-count"),
    path("p/<slug:slug>/feed", feed.feed, name="feed"),
    path("p/<slug:slug>/feed/lines", feed.lines, name="feed-lines"),
    path("p/<slug:slug>/t/<str:key>/timeline/list", timeline.timeline, name="drawer-timeline"),
    path("p/<slug:slug>/settings/audit", audit.audit, name="settings-audit"),
    path("p/<slug:slug>/settings/audit/entries", audit.entries, name="settings-audit-entries"),
    path("p/<slug:slug>/settings/audit/check", audit.check, name="settings-audit-check"),
    path("p/<slug:slug>/settings/audit.csv", audit.export, {"form": "csv"}, name="settings-audit-csv"),
    path("p/<slug:slug>/settings/audit.json", audit.export, {"form": "json"}, name="settings-audit-json"),
]
