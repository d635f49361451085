"""The paths of the WebSockets."""

from __future__ import annotations

from typing import Any

from django.urls import path

from notifications.consumers.agent import AgentSocket
from notifications.consumers.streams import BoardSocket, EventsSocket

websocket_urlpatterns: list[Any] = [
    path("ws/projects/<slug:slug>/board", BoardSocket.as_asgi()),
    path("ws/projects/<slug:slug>/events", EventsSocket.as_asgi()),
    path("ws/agent", AgentSocket.as_asgi()),
]
