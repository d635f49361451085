"""The time that decides leases, expiry and budgets."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The database's clock in UTC, so that every process judges an expiry alike.

    SQLite has no clock but this machine's, which is the database's machine: no query is spent on it. On PostgreSQL
    this is `clock_timestamp()`, not the start of the transaction.
    """
    if connection.vendor != "postgresql":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    stamp: datetime = row[0]
    return stamp.astimezone(UTC)
