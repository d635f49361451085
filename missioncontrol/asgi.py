"""The ASGI application: requests on kept threads, sockets on the event loop."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "missioncontrol.settings")

import django

django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path

from missioncontrol.serving.body_limit import BodyLimit
from missioncontrol.serving.handler import PooledHandler
from missioncontrol.serving.sockets import SocketGate, nowhere
from notifications.routing import websocket_urlpatterns

handler = PooledHandler()
elsewhere: Any = nowhere
sockets: list[Any] = [*websocket_urlpatterns, re_path("", elsewhere)]
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(handler, settings.MC_MAX_BODY),
        "websocket": SocketGate(URLRouter(sockets)),
    }
)
