"""The agents' part of the API, relative to /api/v1/."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.urls import include, path

from agents.api import (
    activity,
    agents,
    audit,
    control,
    documents,
    execution,
    heartbeat,
    keys,
    sessions,
    tokens,
)

urlpatterns: list[Any] = [
    path("agent/me", heartbeat.Me.as_view(), name="api-agent-me"),
    path("agent/heartbeat", heartbeat.Heartbeat.as_view(), name="api-heartbeat"),
    path("agent/sessions", sessions.SessionList.as_view(), name="api-sessions"),
    path("agent/sessions/<slug:prefix>", sessions.SessionDetail.as_view(), name="api-session"),
    path("agent/documents/<slug:kind>", documents.Document.as_view(), name="api-document"),
    path(
        "agent/documents/<slug:kind>/versions",
        documents.DocumentVersions.as_view(),
        name="api-document-versions",
    ),
    path("projects/<str:slug>/tokens", tokens.TokenList.as_view(), name="api-tokens"),
    path("projects/<str:slug>/tokens/<str:token>", tokens.TokenDetail.as_view(), name="api-token"),
    path("projects/<str:slug>/audit/check", audit.ChainCheckView.as_view(), name="api-chain-check"),
    path("execution-requests", execution.RequestList.as_view(), name="api-executions"),
    path("execution-requests/<str:ref>", execution.RequestDetail.as_view(), name="api-execution"),
    path("execution-requests/<str:ref>/claim", execution.RequestClaim.as_view(), name="api-execution-claim"),
    path(
        "execution-requests/<str:ref>/status", execution.RequestStatus.as_view(), name="api-execution-status"
    ),
    path(
        "execution-requests/<str:ref>/cancel", execution.RequestCancel.as_view(), name="api-execution-cancel"
    ),
    path("agents", agents.AgentList.as_view(), name="api-agents"),
    path("agents/activity", activity.ActivityList.as_view(), name="api-activity"),
    path("agents/pause-all", control.OrderToAll.as_view(), {"action": "pause"}, name="api-pause-all"),
    path("agents/resume-all", control.OrderToAll.as_view(), {"action": "resume"}, name="api-resume-all"),
    path("agents/<slug:slug>", agents.AgentDetail.as_view(), name="api-agent"),
    path("agents/<slug:slug>/activity", activity.AgentActivity.as_view(), name="api-agent-activity"),
    path("agents/<slug:slug>/keys", keys.KeyList.as_view(), name="api-agent-keys"),
    path("agents/<slug:slug>/keys/<slug:prefix>", keys.KeyDetail.as_view(), name="api-agent-key"),
]
urlpatterns += [
    path(
        f"agents/<slug:slug>/{action}",
        control.AgentOrder.as_view(),
        {"action": action},
        name=f"api-agent-{action}",
    )
    for action in ("pause", "resume", "drain", "quarantine")
]
urlpatterns += [
    path("", include(module))
    for module in ("agents.api.claim_urls", "agents.api.governance_urls", "agents.api.search_urls")
    if find_spec(module)
]
