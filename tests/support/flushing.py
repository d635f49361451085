"""Emptying tables whose triggers forbid it: history may not be deleted, except between two tests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.backends.base.operations import BaseDatabaseOperations

TRUNCATE_TRIGGERS = """
    SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal AND (tgtype & 32) <> 0
"""
TRIES = 5


def empty_the_tables() -> None:
    """What Django does after a test that commits, for rows that came after it."""
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
    connection.close()


@contextmanager
def flush_despite_triggers() -> Iterator[None]:
    """While open, Django's flush sets triggers aside and puts them back in the same transaction."""
    stock = BaseDatabaseOperations.execute_sql_flush

    def flush(operations: BaseDatabaseOperations, statements: Any) -> None:
        for attempt in range(TRIES):
            try:
                with transaction.atomic(), _without_triggers():
                    stock(operations, statements)
            except OperationalError:
                # A job of the live server was in the middle of something and held the tables the other way round.
                if attempt == TRIES - 1:
                    raise
                time.sleep(0.1)
            else:
                return

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush)
        yield


@contextmanager
def _without_triggers() -> Iterator[None]:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            found = cursor.fetchall()
            for name, _ in found:
                cursor.execute(f'DROP TRIGGER "{name}"')
            yield
            for _, text in found:
                cursor.execute(text)
        else:
            cursor.execute(TRUNCATE_TRIGGERS)
            tables = [table for (table,) in cursor.fetchall()]
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
