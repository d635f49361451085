"""What the database's errors mean to a client: come back, you lost a race, that value does not fit, or our
mistake.
"""

from __future__ import annotations

import sqlite3

import structlog
from django.db import DataError, IntegrityError, OperationalError

from missioncontrol.kernel.errors import Conflict, DomainError, Refused, Unavailable

RETRY_AFTER_S = 1

_log = structlog.get_logger(__name__)

# PostgreSQL: serialization failure, deadlock, lock timeout, statement timeout, too many connections, shutting
# down.
_PASSING_STATES = {"40001", "40P01", "55P03", "57014", "53300", "57P01", "57P02", "57P03"}
_UNIQUE_STATE = "23505"
_SQLITE_PASSING = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_UNIQUE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


def from_database(exc: BaseException) -> DomainError | None:
    """The domain error for `exc`, or None when nothing but a mistake of ours explains it."""
    if isinstance(exc, (DataError, OverflowError)):
        return Refused("A value is out of range or cannot be stored.", code="out_of_range")
    if isinstance(exc, OperationalError) and _passes(exc.__cause__):
        _log.warning("database.busy", error=str(exc))
        return Unavailable(
            "The database is busy. Nothing was changed.",
            extra={"retryable": True, "retry_after_s": RETRY_AFTER_S},
        )
    if isinstance(exc, IntegrityError) and _is_unique_violation(exc.__cause__):
        _log.warning("database.unique", error=str(exc))
        return Conflict("Somebody else wrote the same thing first.", extra={"retryable": True})
    return None


def _passes(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_PASSING
    state = getattr(cause, "sqlstate", None)
    # Without a state the connection itself failed: refused, lost, or none free in the pool.
    return state is None or state in _PASSING_STATES or state.startswith("08")


def _is_unique_violation(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) in _SQLITE_UNIQUE
    return getattr(cause, "sqlstate", None) == _UNIQUE_STATE
