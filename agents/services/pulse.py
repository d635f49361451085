"""Writing down what an agent says of itself: seldom when nothing changed, with an event only when something did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F

from agents.models import ActivityEntry, Agent, AgentState, Severity
from agents.services import alerts, control
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.models import Task

WRITE_EVERY = timedelta(seconds=5)
WARN_AT, QUARANTINE_AT = 3, 5
DOING = frozenset({"health", "reported_task_id"})
NEWS = DOING | {"offline_since"}
"""Columns whose change others want to hear of."""

HOUSE = Actor.system("error_streak")


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent says of itself; None and blank mean that it says nothing about it.

    `progress` and `load` are percent, `spend` US dollars since the last beat, `error` one line about what went wrong.
    """

    health: str | None = None
    progress: int | None = None
    load: int | None = None
    error: str = ""
    spend: Decimal | None = None
    note: str | None = None


def write_life(*, actor: Actor, agent: Agent, now: datetime) -> Agent:
    """Store a sign of life at `now` of an agent that has nothing to say: neither good nor bad news of its work."""
    return _write_due(actor, agent, _changes(agent, Report(), None), Report(), now)


def write_pulse(*, actor: Actor, agent: Agent, report: Report, task: Task | None, now: datetime) -> Agent:
    """Store a sign of life at `now`, and what it says; `task` is what the agent works on, or None when it says
    nothing.

    A change of health or task, and coming back from offline, each write one event. Errors in a row are counted.
    """
    changes = _changes(agent, report, task)
    if report.error:
        _count_error(agent, report.error)
    elif agent.error_streak:
        changes["error_streak"] = 0
        _forgive(agent)
    return _write_due(actor, agent, changes, report, now)


def _write_due(actor: Actor, agent: Agent, changes: dict[str, Any], report: Report, now: datetime) -> Agent:
    if changes or agent.last_beat_at is None or now - agent.last_beat_at >= WRITE_EVERY:
        _write(actor, agent, {**changes, "last_beat_at": now}, report, now)
    return agent


def error_key(agent: Agent) -> str:
    """Under which alerts about an agent's errors in a row are one."""
    return f"error_streak:{agent.pk}"


def offline_key(agent: Agent) -> str:
    """Under which alerts about an agent's silence are one."""
    return f"offline:{agent.pk}"


def _changes(agent: Agent, report: Report, task: Task | None) -> dict[str, Any]:
    said: dict[str, Any] = {
        "health": report.health or ("error" if report.error else None),
        "health_note": report.note,
        "load": report.load,
        "reported_progress": report.progress,
        "reported_task_id": task.pk if task else None,
        "last_error": report.error or None,
        "reported_spend": report.spend,
    }
    changes = {name: value for name, value in said.items() if value not in (None, getattr(agent, name))}
    if changes.get("health") == "idle" and agent.reported_task_id and task is None:
        changes |= {"reported_task_id": None, "reported_progress": 0}
    if agent.offline_since is not None:
        changes["offline_since"] = None
    return changes


def _write(actor: Actor, agent: Agent, changes: dict[str, Any], report: Report, now: datetime) -> None:
    mine = Agent.objects.filter(pk=agent.pk)
    if not changes.keys() & NEWS:
        mine.update(**changes)
        _take_over(agent, changes)
        return
    before = {name: getattr(agent, name) for name in NEWS}
    if changes.keys() & DOING:
        changes["activity_since"] = now
    with unit():
        # Two beats at once may both see news: the UPDATE decides whose event tells it.
        first = mine.filter(**before).update(**changes)
        if first:
            _take_over(agent, changes)
            _tell_news(actor, agent, before, changes, report)
        else:
            mine.update(last_beat_at=now)


def _tell_news(
    actor: Actor, agent: Agent, before: dict[str, Any], changes: dict[str, Any], report: Report
) -> None:
    if "offline_since" in changes:
        _tell(actor, agent, "agent.online", {"offline_since": before["offline_since"]})
        alerts.settle(project_id=agent.project_id, dedupe_key=offline_key(agent))
    if changes.keys() & DOING:
        _tell_health(actor, agent, before, report)


def _tell_health(actor: Actor, agent: Agent, before: dict[str, Any], report: Report) -> None:
    ActivityEntry.objects.create(
        agent=agent,
        health=agent.health,
        task_id=agent.reported_task_id,
        progress=agent.reported_progress,
        note=report.note or "",
    )
    old = {"health": before["health"], "task": before["reported_task_id"]}
    new = {"health": agent.health, "task": agent.reported_task_id, "progress": agent.reported_progress}
    _tell(actor, agent, "agent.health_changed", {"before": old, "after": new})


def _count_error(agent: Agent, error: str) -> None:
    with unit():
        mine = Agent.objects.filter(pk=agent.pk)
        mine.update(error_streak=F("error_streak") + 1)
        agent.error_streak = streak = mine.values_list("error_streak", flat=True).get()
        if streak in (WARN_AT, QUARANTINE_AT):
            _tell(HOUSE, agent, "agent.error_streak", {"streak": streak, "error": error})
            _alert(agent, error, streak)
    if streak >= QUARANTINE_AT and agent.state != AgentState.QUARANTINED:
        reason = f"{streak} errors in a row; the last: {error}"
        _take_state(agent, control.order(actor=HOUSE, agent=agent, action="quarantine", reason=reason[:500]))


def _alert(agent: Agent, error: str, streak: int) -> None:
    grave = streak >= QUARANTINE_AT
    alerts.raise_alert(
        project_id=agent.project_id,
        kind="error_streak",
        title=f"{agent.name} had {streak} errors in a row" + (" and was quarantined" if grave else ""),
        severity=Severity.CRITICAL if grave else Severity.WARNING,
        detail=error,
        agent=agent,
        dedupe_key=error_key(agent),
    )


def _forgive(agent: Agent) -> None:
    if agent.error_streak >= WARN_AT and agent.state != AgentState.QUARANTINED:
        alerts.settle(project_id=agent.project_id, dedupe_key=error_key(agent))


def _take_state(agent: Agent, fresh: Agent) -> None:
    for name in ("state", "state_reason", "state_set_by", "state_since", "version"):
        setattr(agent, name, getattr(fresh, name))


def _take_over(agent: Agent, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(agent, name, value)


def _tell(actor: Actor, agent: Agent, type: str, data: dict[str, Any]) -> None:
    shown = {"slug": agent.slug, "name": agent.name, **data}
    record(project_id=agent.project_id, type=type, actor=actor, target=("agent", agent.pk), data=shown)
