"""Alerts: the operator they are for, else everyone who answers for the project."""

from __future__ import annotations

from agents.models import Alert
from notifications.handlers.registry import handles
from notifications.queries.recipients import Audience, operators
from notifications.services.telling import Telling, tell
from tasks.models import Event


@handles("alert.raised")
def tell_of_the_alert(event: Event) -> None:
    """Told when it is raised and when it gets graver; more of the same writes no event."""
    alert = Alert.objects.select_related("task", "agent").filter(pk=event.target_id).first()
    if alert is None:
        return
    tell(event, [Telling("alert", _answerable(alert), alert.title)], task=alert.task)


def _answerable(alert: Alert) -> Audience:
    operator = alert.operator_id or (alert.agent.operator_id if alert.agent else None)
    return Audience(users=frozenset({operator})) if operator else operators(alert.project_id)
