"""Checks of a project's history that people ask for, and what the last one came to, whoever asked.

A long chain takes minutes, so a request only leaves a mark; a job finds it, walks the chain and keeps the result.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from agents.models import ChainCheck, CheckState, Severity
from agents.services import alerts
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.isolation import Isolated
from missioncontrol.kernel.jobs import nudge
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.models import Project
from tasks.services.audit import ChainReport, verify_chain
from tasks.services.checkpoints import Checkpoint, CheckpointFile, read_checkpoints

HOUSE = Actor.system("oversight")
CHAIN = "audit:chain"
STALE = timedelta(hours=1)
"""A check that has run so long died with its process; it may be asked for again."""

UNFINISHED = "The last check could not be finished. Ask again."


def check_of(project: Project) -> ChainCheck:
    """What is known of checks of the project's history; an unsaved row before the first."""
    return ChainCheck.objects.filter(project=project).first() or ChainCheck(project=project)


def request_check(*, actor: Actor, project: Project) -> ChainCheck:
    """Ask for a check of the project's history; while one is on its way, asking again changes nothing."""
    with unit():
        ChainCheck.objects.bulk_create([ChainCheck(project=project)], ignore_conflicts=True)
        free = Q(state=CheckState.IDLE) | Q(started_at__lt=database_now() - STALE)
        asked = {"state": CheckState.WANTED, "wanted_by": actor.name[:150], "started_at": None}
        if ChainCheck.objects.filter(free, project=project).update(**asked):
            _record(actor, project, "audit.check_requested", {})
            nudge("audit.requested")
    return check_of(project)


def run_requested() -> int:
    """Do the checks that were asked for, and those that died on the way; answers how many."""
    dead = Q(state=CheckState.RUNNING, started_at__lt=database_now() - STALE)
    waiting = ChainCheck.objects.filter(Q(state=CheckState.WANTED) | dead).select_related("project")
    return sum(_run(check) for check in waiting)


def keep_result(
    project: Project, report: ChainReport, kept: CheckpointFile, *, by: str, now: datetime
) -> None:
    """Keep what a check came to, beside whatever is still asked for."""
    found: dict[str, Any] = {
        "finished_at": now,
        "finished_by": by[:150],
        "ok": report.ok,
        "checked": report.checked,
        "floor": report.floor,
        "head": report.head,
        "compared": report.checkpoints,
        "broken_seq": report.broken.seq if report.broken else None,
        "broken_what": report.broken.what[:300] if report.broken else "",
        "notes": " ".join(report.notes)[:500],
        "file_note": f"Broken at line {kept.line}: {kept.broken}"[:300] if kept.broken else "",
        **_last_checkpoint(project, kept.points),
    }
    ChainCheck.objects.update_or_create(project=project, defaults=found)


def judge(project: Project, report: ChainReport) -> bool:
    """Whether the chain holds; a broken one raises a critical alert, once until it is resolved."""
    if report.broken is None:
        alerts.settle(project_id=project.pk, dedupe_key=CHAIN, actor=HOUSE)
        return True
    alerts.raise_alert(
        project_id=project.pk,
        kind="audit",
        title=f"The history of {report.project} is broken at event {report.broken.seq}",
        severity=Severity.CRITICAL,
        detail=report.broken.what,
        dedupe_key=CHAIN,
        actor=HOUSE,
    )
    return False


def _run(check: ChainCheck) -> bool:
    """Take the check and do it; False when another process took it first."""
    mine = ChainCheck.objects.filter(pk=check.pk, state=check.state, started_at=check.started_at)
    started = database_now()
    if not mine.update(state=CheckState.RUNNING, started_at=started):
        return False
    with Isolated(f"check of the history of {check.project.slug}") as attempt:
        _check(check.project, check.wanted_by)
    notes = {"notes": UNFINISHED} if attempt.error else {}
    running = ChainCheck.objects.filter(pk=check.pk, state=CheckState.RUNNING, started_at=started)
    running.update(state=CheckState.IDLE, started_at=None, **notes)
    return True


def _check(project: Project, by: str) -> None:
    kept = read_checkpoints()
    report = verify_chain(project, [point for point in kept.points if point.project_id == project.pk])
    judge(project, report)
    with unit():
        keep_result(project, report, kept, by=by, now=database_now())
        broken = {"seq": report.broken.seq, "what": report.broken.what} if report.broken else None
        after = {"ok": report.ok, "checked": report.checked, "head": report.head, "broken": broken}
        _record(HOUSE, project, "audit.checked", {"after": after})


def _last_checkpoint(project: Project, points: Iterable[Checkpoint]) -> dict[str, Any]:
    mine = [point for point in points if point.project_id == project.pk]
    if not mine:
        return {"checkpoint_seq": None, "checkpoint_at": None}
    return {"checkpoint_seq": mine[-1].seq, "checkpoint_at": datetime.fromisoformat(mine[-1].at)}


def _record(actor: Actor, project: Project, type: str, data: dict[str, Any]) -> None:
    record(project_id=project.pk, type=type, actor=actor, target=("project", project.pk), data=data)
