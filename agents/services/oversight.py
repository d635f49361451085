"""Watching over the house itself: is the history whole, and do the jobs get done."""

from __future__ import annotations

from datetime import datetime

from agents.models import Alert, AlertState, Severity
from agents.services import alerts
from agents.services.chain_checks import HOUSE, judge, keep_result
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.jobs import JOBS, Job
from missioncontrol.kernel.models.jobs import JobRun
from tasks.models import Project
from tasks.services.audit import ChainReport, verify_all
from tasks.services.checkpoints import CheckpointFile, read_checkpoints, write_checkpoint

FILE = "audit:checkpoints"


def check_history(*, now: datetime | None = None) -> int:
    """Verify every chain against itself and its checkpoints; answers how many are broken.

    A broken one raises a critical alert, once until it is resolved. When all hold, a new checkpoint is written.
    """
    now = now or database_now()
    kept = read_checkpoints()
    broken = [report for report in verify_all(kept.points) if not _judge(report, kept, now)]
    if kept.broken:
        title = f"The checkpoints are broken at line {kept.line}: {kept.broken}"
        _raise_everywhere(FILE, title, Severity.CRITICAL)
    elif not broken:
        _settle_everywhere({FILE})
        write_checkpoint(now=now)
    return len(broken)


def check_jobs(own: str, *, now: datetime | None = None) -> int:
    """Raise an alert in every project for each job that is overdue, resolve it once the job is on time again.

    `own` is the job that asks: when it has itself not run for long, nothing ran, and the others get time to catch up.
    """
    now = now or database_now()
    rows = {row.name: row for row in JobRun.objects.all()}
    mine = rows.get(own)
    if mine is None or mine.succeeded_at is None or _is_overdue(JOBS[own], mine, now):
        return 0
    late = [name for name in sorted(JOBS) if name in rows and _is_overdue(JOBS[name], rows[name], now)]
    for name in late:
        _raise_everywhere(f"job:{name}", f"The job {name} is overdue.", Severity.WARNING)
    _settle_everywhere({f"job:{name}" for name in JOBS if name not in late})
    return len(late)


def _judge(report: ChainReport, kept: CheckpointFile, now: datetime) -> bool:
    project = Project.objects.get(slug=report.project)
    keep_result(project, report, kept, by="Mission Control", now=now)
    return judge(project, report)


def _is_overdue(job: Job, row: JobRun, now: datetime) -> bool:
    return now - (row.succeeded_at or row.first_seen_at) > job.grace()


def _raise_everywhere(key: str, title: str, severity: str) -> None:
    for project in Project.objects.filter(archived_at__isnull=True):
        alerts.raise_alert(
            project_id=project.pk,
            kind=key.partition(":")[0],
            title=title,
            severity=severity,
            dedupe_key=key,
            actor=HOUSE,
        )


def _settle_everywhere(keys: set[str]) -> None:
    unresolved = Alert.objects.filter(dedupe_key__in=keys).exclude(state=AlertState.RESOLVED)
    for project_id, key in unresolved.values_list("project_id", "dedupe_key"):
        alerts.settle(project_id=project_id, dedupe_key=key, actor=HOUSE)
