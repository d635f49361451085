"""Background jobs: declared where they belong, run alike by Celery, by `manage.py runjobs` and by tests.

An app's `jobs.py` declares its periodic work; the declaration is the row in the schedule:

    @job("leases.expire", every_s=30)
    def expire_leases() -> int:
        return leases.expire(actor=Actor.system("leases.expire"))

`expire_leases()` is the plain function, `expire_leases.run()` a recorded run, `expire_leases.nudge()` asks for
a run soon after the current transaction commits. A job opens its own transactions, takes no arguments and is
safe to run twice: the lease kept here only saves work. What must not be lost is a row that the job finds by
itself; a nudge may be lost at any moment.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Self

from celery import shared_task
from celery.schedules import crontab
from django.db import transaction
from django.db.models import F, Q

from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.models.jobs import JobRun

logger = logging.getLogger("missioncontrol.jobs")

DAY_S = 86_400.0
MIN_LEASE_S, MAX_LEASE_S = 10.0, 120.0
JOBS: dict[str, Job] = {}
"""Every declared job by name; complete once Django's apps are ready."""

Result = int | str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call of `Job.run` ended; `skipped` means another run holds the job and will go round again."""

    name: str
    status: Literal["done", "failed", "skipped"]
    result: str = ""
    error: str = ""
    duration_ms: int = 0


@dataclass(frozen=True)
class Job:
    """A declared job. `every_s` is its period in seconds; a daily job also has `daily_at`, "HH:MM" in UTC.

    A run that takes longer than `lease_s` may see a second one start beside it.
    """

    name: str
    function: Callable[[], Result]
    every_s: float
    daily_at: str | None = None
    lease_s: float = MAX_LEASE_S
    task: Any = field(default=None, repr=False, compare=False)

    def __call__(self) -> Result:
        """Do the work here and now, unrecorded; errors reach the caller."""
        return self.function()

    def run(self) -> Outcome:
        """Do the work and record it; never raises for a failure of the work itself."""
        return _run(self)

    def nudge(self) -> None:
        """Ask for a run soon after the current transaction commits. Without a broker the schedule has to do."""
        transaction.on_commit(self.task.delay, robust=True)

    def schedule(self) -> float | crontab:
        """When beat sends it."""
        if self.daily_at is None:
            return self.every_s
        hour, minute = self.daily_at.split(":")
        return crontab(hour=hour, minute=minute)

    def grace(self) -> timedelta:
        """How long after the last success the job counts as overdue: three periods, at least a minute."""
        return timedelta(seconds=max(3 * self.every_s, 60.0) if self.every_s < DAY_S else 1.5 * self.every_s)


def job(
    name: str, *, every_s: float | None = None, daily_at: str | None = None, lease_s: float | None = None
) -> Callable[[Callable[[], Result]], Job]:
    """Declare a job called `name` (dotted, unique), every `every_s` seconds or `daily_at` "HH:MM" UTC.

    `lease_s` is for how many seconds a run that died keeps others from the work: two periods where it is not said,
    so that a killed worker is hardly noticed, within 10 s and two minutes. Raises ValueError for a name used twice,
    or unless exactly one of the two periods is given.
    """
    if (every_s is None) == (daily_at is None):
        raise ValueError(f"job {name}: give every_s or daily_at")

    def declare(function: Callable[[], Result]) -> Job:
        if name in JOBS:
            raise ValueError(f"job {name} is declared twice")
        period = every_s or DAY_S
        lease = lease_s or min(max(2 * period, MIN_LEASE_S), MAX_LEASE_S)
        declared = Job(name, function, period, daily_at, lease, task=_celery_task(name))
        JOBS[name] = declared
        return declared

    return declare


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Celery's schedule, made from the declared jobs. A message that waited a whole period is dropped."""
    return {
        name: {
            "task": name,
            "schedule": declared.schedule(),
            "options": {"expires": max(declared.every_s, 10.0)},
        }
        for name, declared in JOBS.items()
    }


def run_all_jobs() -> list[Outcome]:
    """Run every declared job once, in order of name."""
    return [JOBS[name].run() for name in sorted(JOBS)]


def nudge(name: str) -> None:
    """Ask for a run of the job called `name`: for services, which do not know the jobs that call them."""
    JOBS[name].nudge()


def nudge_overdue() -> None:
    """Ask for a run of every job whose last success is a period ago: what fell due while nothing ran."""
    now = database_now()
    succeeded = dict(JobRun.objects.values_list("name", "succeeded_at"))
    for name, declared in JOBS.items():
        last = succeeded.get(name)
        if last is None or now - last >= timedelta(seconds=declared.every_s):
            declared.nudge()


def release_all_jobs() -> None:
    """Forget the leases of runs that died with the last process. Only for a process known to be alone."""
    JobRun.objects.filter(~Q(holder="")).update(holder="", held_until=None, wanted_again=False)


def _celery_task(name: str) -> Any:
    def run_by_name() -> None:
        JOBS[name].run()

    return shared_task(name=name, ignore_result=True)(run_by_name)


def _run(declared: Job) -> Outcome:
    holder = secrets.token_hex(8)
    outcome = Outcome(declared.name, "skipped")
    while _take(declared, holder):
        outcome = _attempt(declared)
        if not _finish(outcome, holder):
            break
    return outcome


def _take(declared: Job, holder: str) -> bool:
    """Take the job's lease. False when another run holds it, which then knows that one more is wanted."""
    row = JobRun.objects.filter(pk=declared.name)
    while True:
        now = database_now()
        free = Q(held_until=None) | Q(held_until__lte=now)
        lease = {"holder": holder, "held_until": now + timedelta(seconds=declared.lease_s), "started_at": now}
        if row.filter(free).update(wanted_again=False, **lease):
            return True
        if row.exclude(free).update(wanted_again=True):
            return False
        JobRun.objects.bulk_create([JobRun(name=declared.name, first_seen_at=now)], ignore_conflicts=True)


class _Attempt:
    """One try at a job's work: notes how it ended instead of letting the failure out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.result: Result = None
        self.outcome = Outcome(name, "failed")
        self.begun = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        taken = int((time.monotonic() - self.begun) * 1000)
        if error is None:
            text = "" if self.result is None else str(self.result)[:200]
            self.outcome = Outcome(self.name, "done", result=text, duration_ms=taken)
            return False
        description = f"{type(error).__name__}: {error}".replace("\x00", "")[:2000]
        self.outcome = Outcome(self.name, "failed", error=description, duration_ms=taken)
        logger.error("job %s failed", self.name, exc_info=error)
        return isinstance(error, Exception)


def _attempt(declared: Job) -> Outcome:
    with _Attempt(declared.name) as attempt:
        attempt.result = declared.function()
    return attempt.outcome


def _finish(outcome: Outcome, holder: str) -> bool:
    """Record the outcome and give the lease back. True when somebody asked for one more round meanwhile."""
    now = database_now()
    row = JobRun.objects.filter(pk=outcome.name)
    changes: dict[str, Any] = {"duration_ms": outcome.duration_ms, "runs": F("runs") + 1}
    if outcome.status == "failed":
        changes |= {"failed_at": now, "error": outcome.error, "failures": F("failures") + 1}
        changes["consecutive_failures"] = F("consecutive_failures") + 1
    else:
        changes |= {"succeeded_at": now, "error": "", "result": outcome.result, "consecutive_failures": 0}
    row.update(**changes)
    held = row.filter(holder=holder)
    if held.filter(wanted_again=False).update(holder="", held_until=None):
        return False
    return bool(held.update(holder="", held_until=None)) and outcome.status == "done"
