"""Is everything there that serving needs: the database, the broker, and jobs that succeed on time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import Error, connection

from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.jobs import JOBS, Job
from missioncontrol.kernel.models.jobs import JobRun

STARTED_GRACE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class JobState:
    """One declared job as the tables know it. Times are UTC, `duration_ms` is of the last run."""

    name: str
    every_s: float
    last_success: datetime | None
    last_error: str
    failures: int
    duration_ms: int
    overdue: bool

    def as_dict(self) -> dict[str, Any]:
        """The shape shown on /ready: the kind of the last error, never its text."""
        return {
            "last_success": self.last_success.isoformat() if self.last_success else None,
            "every_s": self.every_s,
            "overdue": self.overdue,
            "failing": bool(self.failures),
            "error": self.last_error.split(":", 1)[0],
            "duration_ms": self.duration_ms,
        }


def database_answers() -> bool:
    """Whether the database answers a query now."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except Error:
        return False


def broker_answers() -> bool:
    """Whether Redis answers within two seconds; embedded, the broker is this process."""
    if not settings.MC_REDIS_URL:
        return True
    # Imported only where Redis is used: the library takes a noticeable part of an embedded start.
    import redis

    try:
        with redis.Redis.from_url(
            settings.MC_REDIS_URL, socket_connect_timeout=2, socket_timeout=2
        ) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def job_states() -> list[JobState]:
    """Every declared job in order of name, with one query."""
    rows = {row.name: row for row in JobRun.objects.all()}
    now = database_now()
    return [_state(JOBS[name], rows.get(name), now) for name in sorted(JOBS)]


def _state(job: Job, row: JobRun | None, now: datetime) -> JobState:
    since = None if row is None else row.succeeded_at or row.first_seen_at
    overdue = since is None or now - since > max(job.grace(), STARTED_GRACE)
    return JobState(
        name=job.name,
        every_s=job.every_s,
        last_success=row.succeeded_at if row else None,
        last_error=row.error if row else "",
        failures=row.consecutive_failures if row else 0,
        duration_ms=row.duration_ms if row else 0,
        overdue=overdue,
    )
