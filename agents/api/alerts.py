"""Alerts over HTTP: seen, acknowledged, resolved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.governance import ALERT_PLAIN, ALERTS, AlertAnswer
from agents.api.narrowing import with_rows
from agents.models import Alert, AlertState, Severity
from agents.services import alerts
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    FilterSerializer,
    LineField,
    SlugField,
    StrictSerializer,
)
from missioncontrol.kernel.api.views import ApiView
from tasks.services.access import within_reach


class AlertFilters(FilterSerializer):
    """What GET /alerts can be narrowed by."""

    project = SlugField(max_length=60, required=False)
    task = LineField(max_length=64, required=False)
    state = ChoiceField(choices=AlertState.choices, required=False)
    severity = ChoiceField(choices=Severity.choices, required=False)


class Nothing(StrictSerializer):
    """An empty body."""


class AlertList(ApiView):
    """GET /alerts."""

    @extend_schema(operation_id="list_alerts", parameters=[AlertFilters], responses=ALERTS)
    def get(self, request: Request) -> Response:
        """The alerts of the caller's projects, newest first."""
        narrowed = with_rows(self.actor, self.query(AlertFilters))
        rows = Alert.objects.filter(within_reach(self.actor), **narrowed)
        rows = rows.select_related("project", "task", "agent", "operator")
        orderings = {"created_at": ("created_at", "id"), "last_at": ("last_at", "id")}
        return self.respond(page(rows, request, ordering="-created_at", allowed=orderings, row=_shown))


class _Act(ApiView, ABC):
    @extend_schema(request=Nothing, responses=AlertAnswer)
    def post(self, request: Request, alert: str) -> Response:
        """Change the alert's state; the same state again changes nothing."""
        self.read_body(Nothing)
        return self.respond(_shown(self.act(alerts.get_alert(self.actor, alert))))

    @abstractmethod
    def act(self, alert: Alert) -> Alert:
        """What this address does."""


@extend_schema_view(post=extend_schema(operation_id="acknowledge_alert"))
class Acknowledge(_Act):
    """POST /alerts/{id}/acknowledge."""

    def act(self, alert: Alert) -> Alert:
        """Somebody has seen it."""
        return alerts.acknowledge(actor=self.actor, alert=alert)


@extend_schema_view(post=extend_schema(operation_id="resolve_alert"))
class Resolve(_Act):
    """POST /alerts/{id}/resolve."""

    def act(self, alert: Alert) -> Alert:
        """It is over."""
        return alerts.resolve(actor=self.actor, alert=alert)


def _shown(alert: Alert) -> dict[str, Any]:
    return {
        **{name: getattr(alert, name) for name in ALERT_PLAIN},
        "project": alert.project.slug,
        "task": alert.task.key if alert.task else None,
        "agent": alert.agent.slug if alert.agent else None,
        "operator": alert.operator.username if alert.operator else None,
    }
