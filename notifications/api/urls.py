"""The paths of notifications and events, below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from notifications.api import agent_inbox, events, inbox

urlpatterns = [
    path("notifications", inbox.NotificationsView.as_view(), name="notifications"),
    path("notifications/read-all", inbox.ReadAllView.as_view(), name="notifications-read-all"),
    path("notifications/<str:ref>/read", inbox.ReadView.as_view(), name="notification-read"),
    path("agent/notifications", agent_inbox.AgentNotificationsView.as_view(), name="agent-notifications"),
    path("agent/notifications/ack", agent_inbox.AckUpToView.as_view(), name="agent-notifications-ack"),
    path("agent/notifications/<str:ref>/ack", agent_inbox.AckView.as_view(), name="agent-notification-ack"),
    path("events", events.EventsView.as_view(), name="events"),
]
