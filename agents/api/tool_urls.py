"""The tool endpoints' addresses, relative to /agent/."""

from __future__ import annotations

from django.urls import path

from agents.api import tools

urlpatterns = [
    path("task-status", tools.TaskStatus.as_view(), name="tool-task-status"),
    path("task-message", tools.TaskMessage.as_view(), name="tool-task-message"),
    path("task-create", tools.TaskCreate.as_view(), name="tool-task-create"),
    path("task-load", tools.TaskLoad.as_view(), name="tool-task-load"),
    path("task-assign", tools.TaskAssign.as_view(), name="tool-task-assign"),
    path("document", tools.Document.as_view(), name="tool-document"),
    path("response-request", tools.ResponseRequestView.as_view(), name="tool-response-request"),
]
