"""Copies of a PostgreSQL database, out and back in, by pg_dump and pg_restore."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from django.db import connection, connections, transaction
from django.db.backends.postgresql.base import DatabaseWrapper

from missioncontrol.ops.errors import BackupProblem
from missioncontrol.ops.manifest import Head

FILE = "database.dump"
ASIDE = "mc_before_restore"
HEADS = """
    SELECT project.slug, project.id::text, stream.epoch::text, stream.head_seq, stream.head_hash
    FROM tasks_eventstream stream JOIN tasks_project project ON project.id = stream.project_id ORDER BY project.slug
"""
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def version() -> str:
    """The version of the server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def copy_out(folder: Path) -> list[Head]:
    """Dump a snapshot into `folder` while others read and write; answers the heads in the same snapshot.

    The rows of sessions stay out: their keys sign people in. Raises BackupProblem without pg_dump, or when it fails.
    """
    tool = _tool("pg_dump")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # This transaction only waits while the dump runs, and must not be ended for it.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        cursor.execute(HEADS)
        heads = [Head(*row) for row in cursor.fetchall()]
        left_out = "--exclude-table-data=public.django_session"
        _run(
            tool,
            "--format=custom",
            "--schema=public",
            left_out,
            f"--snapshot={snapshot}",
            f"--file={folder / FILE}",
        )
    return heads


def put_back(folder: Path) -> None:
    """Replace the whole database with the copy, at once or not at all.

    What was there is set aside until the copy is in, and comes back when that fails. Raises BackupProblem without
    pg_restore, when it fails, and while others are connected.
    """
    tool = _tool("pg_restore")
    _run(tool, "--list", str(folder / FILE), connected=False)
    connections.close_all()
    # Closing gives a connection back to Django's pool; the pool itself holds it until it is closed.
    cast("DatabaseWrapper", connection).close_pool()
    options = ("--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error")
    database = f"--dbname={connection.settings_dict['NAME']}"
    try:
        with psycopg.connect(**_parameters(), autocommit=True) as line, _set_aside(line):
            _run(tool, *options, database, str(folder / FILE))
    except psycopg.Error as error:
        raise BackupProblem(f"PostgreSQL refuses: {error}") from error


@contextmanager
def _set_aside(line: psycopg.Connection[Any]) -> Iterator[None]:
    others = line.execute(OTHERS).fetchone()
    if others and others[0]:
        raise BackupProblem(
            f"The database is in use by {others[0]} connections. Stop servers and workers first."
        )
    line.execute(f"ALTER SCHEMA public RENAME TO {ASIDE}")
    try:
        yield
    except BaseException:
        with line.transaction():
            line.execute("DROP SCHEMA IF EXISTS public CASCADE")
            line.execute(f"ALTER SCHEMA {ASIDE} RENAME TO public")
        raise
    line.execute(f"DROP SCHEMA {ASIDE} CASCADE")


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise BackupProblem(f"{name} is not installed (Debian: apt-get install postgresql-client).")
    return path


def _parameters() -> dict[str, Any]:
    named = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "dbname"}
    return {
        ours: connection.settings_dict[key] for key, ours in named.items() if connection.settings_dict[key]
    }


def _run(tool: str, *arguments: str, connected: bool = True) -> None:
    environment = {**os.environ, **(_variables() if connected else {})}
    command = [tool, *arguments]
    # S603: the arguments are ours, and no shell reads them.
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupProblem(f"{Path(tool).name} failed: {done.stderr.strip()[-2000:]}")


def _variables() -> dict[str, str]:
    """The password travels in the environment: arguments can be read by everybody on the machine."""
    named = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    return {named[key]: str(value) for key, value in _parameters().items()}
