"""What agents tell of their work between beats, and noticing that one has fallen silent."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast

from agents.models import MISSED_BEATS_OFFLINE, ActivityEntry, Agent, Severity
from agents.queries.heartbeat import open_tasks
from agents.services.alerts import raise_alert
from agents.services.directives import find_task
from agents.services.pulse import Report, offline_key, write_pulse
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import FieldError, Forbidden, Refused
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.models import Task
from tasks.modes import Act, ensure

WATCH = Actor.system("agents.offline")


def report_activity(
    *, actor: Actor, agent: Agent, report: Report, task_ref: str = "", now: datetime | None = None
) -> ActivityEntry:
    """Store what an agent says it does, as a sign of life too, and return the line kept of it.

    Raises Forbidden for any other agent than itself, `AgentHalted` (403) for one in quarantine, which may only read
    and beat, Refused for a task that is not among its open ones.
    """
    if actor.agent_id != agent.pk:
        raise Forbidden("Agents report their own activity only.", code="not_yourself")
    ensure(actor, Act.MESSAGE)
    task = _own_task(agent, task_ref)
    now = now or database_now()
    with unit():
        known = agent.activity_entries.order_by("-pk").values_list("pk", flat=True).first() or 0
        write_pulse(actor=actor, agent=agent, report=report, task=task, now=now)
        return agent.activity_entries.filter(pk__gt=known).first() or _entry(agent, report, now)


def mark_offline(*, now: datetime | None = None) -> int:
    """Mark every agent with three beats missing at `now` as offline, with an event and an alert; answers how many.

    Each in its own unit; one that beats meanwhile is left alone. Safe to run twice at once.
    """
    moment = now or database_now()
    return sum(_mark(agent, moment) for agent in _silent(moment))


def _own_task(agent: Agent, ref: str) -> Task | None:
    if not ref:
        return None
    task = find_task(open_tasks(agent), ref)
    if task is None:
        message = f"{ref} is not one of your open tasks."
        raise Refused(message, code="not_your_task", errors=[FieldError("task", message)])
    return task


def _entry(agent: Agent, report: Report, now: datetime) -> ActivityEntry:
    return ActivityEntry.objects.create(
        agent=agent,
        health=agent.health,
        task_id=agent.reported_task_id,
        progress=agent.reported_progress,
        note=report.note or "",
        at=now,
    )


def _silent(now: datetime) -> QuerySet[Agent]:
    patience = ExpressionWrapper(
        Cast("heartbeat_interval_s", IntegerField()) * Value(timedelta(seconds=MISSED_BEATS_OFFLINE)),
        DurationField(),
    )
    heard_until = ExpressionWrapper(F("last_beat_at") + patience, DateTimeField())
    beating = Agent.objects.filter(
        offline_since__isnull=True, removed_at__isnull=True, project__archived_at__isnull=True
    )
    return beating.annotate(heard_until=heard_until).filter(heard_until__lt=now).order_by("pk")


def _mark(agent: Agent, now: datetime) -> int:
    with unit():
        unheard = Agent.objects.filter(
            pk=agent.pk, last_beat_at=agent.last_beat_at, offline_since__isnull=True
        )
        if not unheard.update(offline_since=now):
            return 0
        data = {"slug": agent.slug, "name": agent.name, "last_beat_at": agent.last_beat_at}
        target = ("agent", agent.pk)
        record(project_id=agent.project_id, type="agent.offline", actor=WATCH, target=target, data=data)
        raise_alert(
            project_id=agent.project_id,
            kind="agent_offline",
            title=f"{agent.name} has missed {MISSED_BEATS_OFFLINE} heartbeats",
            severity=Severity.WARNING,
            agent=agent,
            dedupe_key=offline_key(agent),
        )
    return 1
