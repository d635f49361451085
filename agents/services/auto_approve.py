"""Closing what nobody objects to: labelled auto-approve, long enough in review, no review asking for changes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.isolation import Isolated
from missioncontrol.kernel.transactions import unit
from tasks.models import Project, Review, ReviewKind, ReviewState, Task
from tasks.services.labels import AUTO_APPROVE
from tasks.services.locking import lock_task
from tasks.services.transition import Step, dry_run, transition
from tasks.workflow import Status

HOUSE = Actor.system("auto-approve")
OBJECTIONS = (ReviewKind.REFUTE, ReviewKind.CHANGESET)


def approve_due(*, now: datetime | None = None) -> int:
    """Close every task that is due, each in its own transaction; answers how many."""
    now = now or database_now()
    closed = 0
    for project in Project.objects.filter(archived_at__isnull=True):
        for task in _due(project, now):
            with Isolated(f"auto-approval of {task.key}"):
                closed += _close(task, now)
    return closed


def _due(project: Project, now: datetime) -> QuerySet[Task]:
    objections = Review.objects.filter(task=OuterRef("pk"), kind__in=OBJECTIONS, state=ReviewState.PENDING)
    since = now - timedelta(seconds=project.auto_approve_after_s)
    waiting = Task.objects.filter(project=project, status=Status.REVIEW, submitted_at__lte=since)
    return waiting.filter(~Exists(objections), labels__name=AUTO_APPROVE).order_by("submitted_at")


def _close(task: Task, now: datetime) -> int:
    """Close the task if it is still due under its lock, and nothing else is missing."""
    with unit():
        task = lock_task(task.pk)
        if not _due(task.project, now).filter(pk=task.pk).exists():
            return 0
        hours = task.project.auto_approve_after_s / 3600
        reason = f"Nobody objected within {hours:g} hours of review."
        step = Step(to=Status.DONE, reason=reason, automatic=True, auto_approvable=True)
        if not dry_run(actor=HOUSE, task=task, step=step, now=now).allowed:
            return 0
        transition(actor=HOUSE, task=task, step=step, now=now)
        return 1
