"""Every path of the site."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import include, path

from missioncontrol.ops import api_docs
from missioncontrol.ops import views as ops

handler400 = "missioncontrol.kernel.api.problems.handler400"
handler403 = "missioncontrol.kernel.api.problems.handler403"
handler404 = "missioncontrol.kernel.api.problems.handler404"
handler500 = "missioncontrol.kernel.api.problems.handler500"

urlpatterns: list[Any] = [
    path("health", ops.health, name="health"),
    path("ready", ops.ready, name="ready"),
    path("metrics", ops.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("api/v1/openapi.json", api_docs.openapi, name="openapi"),
    path("api/v1/docs", api_docs.reader, name="api-docs"),
    path("api/v1/", include("tasks.api.urls")),
    path("api/v1/", include("agents.api.urls")),
    path("api/v1/", include("notifications.api.urls")),
    path("agent/", include("agents.api.tool_urls")),
    path("", include("tasks.views.urls")),
    path("", include("agents.views.urls")),
    path("", include("notifications.views.urls")),
]
