"""Approvals and alerts, relative to /api/v1/."""

from __future__ import annotations

from django.urls import path

from agents.api import alerts, approvals, deciding

urlpatterns = [
    path("approvals", approvals.ApprovalList.as_view(), name="api-approvals"),
    path("approvals/decide", deciding.Decide.as_view(), name="api-approvals-decide"),
    path("approvals/<str:approval>", approvals.ApprovalDetail.as_view(), name="api-approval"),
    path("approvals/<str:approval>/approve", approvals.Approve.as_view(), name="api-approval-approve"),
    path("approvals/<str:approval>/deny", approvals.Deny.as_view(), name="api-approval-deny"),
    path("approvals/<str:approval>/cancel", approvals.Cancel.as_view(), name="api-approval-cancel"),
    path("alerts", alerts.AlertList.as_view(), name="api-alerts"),
    path("alerts/<str:alert>/acknowledge", alerts.Acknowledge.as_view(), name="api-alert-acknowledge"),
    path("alerts/<str:alert>/resolve", alerts.Resolve.as_view(), name="api-alert-resolve"),
]
