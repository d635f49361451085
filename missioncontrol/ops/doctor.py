"""What an operator wants looked at when something seems wrong: one finding per thing, each with what to do."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import django
from django.conf import settings
from django.core import checks
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from missioncontrol import __version__
from missioncontrol.kernel.clock import database_now
from missioncontrol.ops import queries
from missioncontrol.ops.backup import engine
from tasks.services.audit import verify_all
from tasks.services.checkpoints import read_checkpoints

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRESQL = 140000
CLOCK_TOLERANCE_S = 2.0
LITTLE_SPACE = 1024**3
NO_SPACE = 100 * 1024**2

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: `state`, what was found, and what to do unless it is ok."""

    name: str
    state: State
    found: str
    advice: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        return asdict(self)


def examine() -> list[Finding]:
    """Look at everything. What needs tables is left out while the database does not answer or lacks them."""
    findings = [_python(), *_settings(), _folder(), _disk(), _broker(), _tools()]
    if not queries.database_answers():
        advice = "Start the database, or correct MC_DATABASE_URL."
        return [*findings, Finding("database", "problem", "does not answer", advice)]
    migrations = _migrations()
    findings += [_database(), _clock(), migrations]
    return findings if migrations.state == "problem" else [*findings, *_jobs(), *_history()]


def _python() -> Finding:
    found = (
        f"Mission Control {__version__}, Python {platform.python_version()}, Django {django.get_version()}"
    )
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding("versions", "problem", found, "Python 3.11 or newer is needed.")
    return Finding("versions", "ok", found)


def _settings() -> Iterator[Finding]:
    """The system checks that complain, or one finding that none does."""
    messages = [each for each in checks.run_checks() if not each.is_silenced()]
    for each in messages:
        state: State = "problem" if each.is_serious() else "warning"
        yield Finding(
            "settings", state, f"{each.id}: {each.msg}", str(each.hint or "See docs/configuration.md.")
        )
    if not messages:
        yield Finding("settings", "ok", "no contradictions")


def _folder() -> Finding:
    folder = Path(settings.DATA_DIR)
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "Let the user that runs the server write there, or set MC_DATA_DIR."
        return Finding("data folder", "problem", f"{folder}: {error.strerror}", advice)
    return _secret(folder)


def _secret(folder: Path) -> Finding:
    secret = folder / "secret_key"
    if secret.exists() and secret.stat().st_mode & 0o077:
        return Finding("data folder", "problem", f"{secret} can be read by others", f"chmod 600 {secret}")
    return Finding("data folder", "ok", str(folder))


def _disk() -> Finding:
    free = shutil.disk_usage(settings.DATA_DIR).free
    found = f"{free / 1024**3:.1f} GiB free in {settings.DATA_DIR}"
    if free < NO_SPACE:
        return Finding("disk", "problem", found, "Make room: a full disk stops every write.")
    if free < LITTLE_SPACE:
        return Finding("disk", "warning", found, "Make room before it is full.")
    return Finding("disk", "ok", found)


def _broker() -> Finding:
    if not settings.MC_REDIS_URL:
        return Finding("redis", "ok", "not used: everything runs in one process")
    if not queries.broker_answers():
        return Finding("redis", "problem", "does not answer", "Start Redis, or correct MC_REDIS_URL.")
    return Finding("redis", "ok", f"Redis {_redis_version()}")


def _redis_version() -> str:
    # Imported only where Redis is used: the library takes a noticeable part of an embedded start.
    import redis

    with redis.Redis.from_url(settings.MC_REDIS_URL, socket_timeout=2) as client:
        told: dict[str, Any] = client.info("server")
    return str(told["redis_version"])


def _tools() -> Finding:
    missing = [name for name in ("pg_dump", "pg_restore") if shutil.which(name) is None]
    if not settings.MC_DATABASE_URL:
        return Finding("backup tools", "ok", "SQLite needs none")
    if missing:
        advice = "Install them where backups are made (Debian: postgresql-client)."
        return Finding("backup tools", "warning", f"missing: {', '.join(missing)}", advice)
    return Finding("backup tools", "ok", "pg_dump, pg_restore")


def _database() -> Finding:
    found = f"{connection.vendor} {engine().version()}"
    if connection.vendor == "postgresql" and _server_number() < OLDEST_POSTGRESQL:
        return Finding("database", "problem", found, "Django needs PostgreSQL 14 or newer.")
    return Finding("database", "ok", found)


def _server_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0])


def _clock() -> Finding:
    before = datetime.now(UTC)
    there = database_now()
    apart = (there - before - (datetime.now(UTC) - before) / 2).total_seconds()
    found = f"{abs(apart):.3f} s apart from the database's"
    if abs(apart) > CLOCK_TOLERANCE_S:
        return Finding(
            "clock", "warning", found, "Let both machines keep time (NTP). Leases go by the database's."
        )
    return Finding("clock", "ok", found)


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        return Finding("migrations", "problem", f"{missing} not applied", "Run manage.py migrate.")
    return Finding("migrations", "ok", f"{len(executor.loader.applied_migrations or ())} applied")


def _jobs() -> Iterator[Finding]:
    """Every job that is late or failing, or one finding that none is."""
    states = queries.job_states()
    wrong = [each for each in states if each.overdue or each.failures]
    if all(each.overdue for each in states):
        advice = "Nothing runs them: start the server, or a worker and beat."
        yield Finding("jobs", "problem", f"none of {len(states)} succeeded on time", advice)
        return
    for each in wrong:
        yield Finding("jobs", "problem", f"{each.name}: {_trouble(each)}", _remedy(each))
    if not wrong:
        yield Finding("jobs", "ok", f"all {len(states)} succeeded on time")


def _trouble(job: queries.JobState) -> str:
    if job.failures:
        return f"failed {job.failures} times in a row: {job.last_error}"
    return (
        f"last succeeded {job.last_success:%Y-%m-%d %H:%M:%S} UTC" if job.last_success else "never succeeded"
    )


def _remedy(job: queries.JobState) -> str:
    if job.failures:
        return "The log has the traceback."
    return "Is the server (or a worker and beat) running?"


def _history() -> Iterator[Finding]:
    """Every chain that does not hold, or one finding that all do."""
    kept = read_checkpoints()
    reports = list(verify_all(kept.points))
    advice = "Somebody or something changed the history outside Mission Control: compare with a backup."
    broken = [each for each in reports if not each.ok]
    for report in broken:
        if report.broken:
            found = f"{report.project}: broken at event {report.broken.seq}: {report.broken.what}"
            yield Finding("history", "problem", found, advice)
    if kept.broken:
        yield Finding("history", "problem", f"checkpoints: line {kept.line}: {kept.broken}", advice)
    if not broken and not kept.broken:
        events = sum(report.checked for report in reports)
        yield Finding("history", "ok", f"{events} events of {len(reports)} projects hold")
