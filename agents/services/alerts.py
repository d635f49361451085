"""Alerts: something an operator should look at. One open alert per (project, dedupe key); repeats are counted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F

from agents.models import Agent, Alert, AlertState, Severity
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.models import Task
from tasks.services.access import Need, by_id, require, within_reach

ORDER = [Severity.INFO, Severity.WARNING, Severity.CRITICAL]
HOUSE = Actor.system("alerts")


def raise_alert(
    *,
    project_id: UUID,
    kind: str,
    title: str,
    severity: str = Severity.WARNING,
    detail: str = "",
    task: Task | None = None,
    agent: Agent | None = None,
    dedupe_key: str = "",
    actor: Actor = HOUSE,
) -> Alert:
    """Raise an alert, or count one more on the unresolved one with the same `dedupe_key`.

    Without a key, alerts of one kind about one task and agent are the same. The first, and one that is graver than
    before, write the event `alert.raised`; a mere repeat only counts.
    """
    key = (dedupe_key or f"{kind}:{task.pk if task else ''}:{agent.pk if agent else ''}")[:120]
    with unit():
        while True:
            alert = _count_once_more(project_id, key, severity, detail, actor)
            if alert is not None:
                return alert
            fresh = Alert(
                project_id=project_id,
                kind=kind[:40],
                severity=severity,
                title=title[:300],
                detail=detail,
                task=task,
                agent=agent,
                operator_id=agent.operator_id if agent else None,
                dedupe_key=key,
            )
            if _is_first(fresh):
                _tell(fresh, "alert.raised", actor)
                return fresh


def get_alert(actor: Actor, ref: str, need: Need = Need.READ) -> Alert:
    """The alert with the id `ref`. Raises NotFound when the actor may not see it, Forbidden when it may only see it."""
    rows = Alert.objects.filter(within_reach(actor)).select_related("project", "task", "agent")
    alert = by_id(rows, ref, "alert")
    require(actor, alert.project, need)
    return alert


def acknowledge(*, actor: Actor, alert: Alert) -> Alert:
    """Say that somebody has seen it. Twice is once; raises Conflict (409) for a resolved one, Forbidden (403)."""
    require(actor, alert.project, Need.OPERATE)
    with unit():
        row = _lock(alert)
        if row.state == AlertState.RESOLVED:
            raise Conflict("This alert is resolved.", code="alert_resolved")
        if row.state == AlertState.OPEN:
            _set_state(row, AlertState.ACKNOWLEDGED, "alert.acknowledged", actor)
        return row


def resolve(*, actor: Actor, alert: Alert) -> Alert:
    """Close it: the next of its kind is a new alert. Twice is once; raises Forbidden (403)."""
    require(actor, alert.project, Need.OPERATE)
    with unit():
        row = _lock(alert)
        if row.state != AlertState.RESOLVED:
            _set_state(row, AlertState.RESOLVED, "alert.resolved", actor)
        return row


def settle(*, project_id: UUID, dedupe_key: str, actor: Actor = HOUSE) -> int:
    """Resolve what is unresolved under `dedupe_key`, because its cause is gone; answers how many that were."""
    with unit():
        rows = Alert.objects.select_for_update().filter(project_id=project_id, dedupe_key=dedupe_key[:120])
        found = list(rows.exclude(state=AlertState.RESOLVED))
        for alert in found:
            _set_state(alert, AlertState.RESOLVED, "alert.resolved", actor)
        return len(found)


def _is_first(fresh: Alert) -> bool:
    """Write the row, unless somebody else's with the same key came between."""
    Alert.objects.bulk_create([fresh], ignore_conflicts=True)
    return Alert.objects.filter(pk=fresh.pk).exists()


def _count_once_more(project_id: UUID, key: str, severity: str, detail: str, actor: Actor) -> Alert | None:
    known = (
        Alert.objects.select_for_update()
        .filter(project_id=project_id, dedupe_key=key)
        .exclude(state=AlertState.RESOLVED)
        .first()
    )
    if known is None:
        return None
    graver = ORDER.index(Severity(severity)) > ORDER.index(Severity(known.severity))
    known.count += 1
    known.last_at = database_now()
    known.severity = severity if graver else known.severity
    known.detail = detail or known.detail
    Alert.objects.filter(pk=known.pk).update(
        count=F("count") + 1, last_at=known.last_at, severity=known.severity, detail=known.detail
    )
    if graver:
        _tell(known, "alert.raised", actor)
    return known


def _lock(alert: Alert) -> Alert:
    return (
        Alert.objects.select_for_update(of=("self",))
        .select_related("project", "task", "agent")
        .get(pk=alert.pk)
    )


def _set_state(alert: Alert, state: str, type: str, actor: Actor) -> None:
    before, alert.state = alert.state, state
    changes: dict[str, Any] = {"state": state}
    if state == AlertState.RESOLVED:
        alert.closed_by, alert.closed_at = actor.name[:150], database_now()
        changes |= {"closed_by": alert.closed_by, "closed_at": alert.closed_at}
    Alert.objects.filter(pk=alert.pk).update(**changes)
    _tell(alert, type, actor, before={"state": before}, after={"state": state})


def _tell(alert: Alert, type: str, actor: Actor, **data: Any) -> None:
    told = {
        "kind": alert.kind,
        "severity": alert.severity,
        "title": alert.title,
        "state": alert.state,
        "count": alert.count,
        "task": str(alert.task_id) if alert.task_id else None,
        "agent": str(alert.agent_id) if alert.agent_id else None,
        "operator": alert.operator_id,
        "dedupe_key": alert.dedupe_key,
        **data,
    }
    record(project_id=alert.project_id, type=type, actor=actor, target=("alert", alert.pk), data=told)
