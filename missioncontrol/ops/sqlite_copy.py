"""Copies of a SQLite database, out and back in, by SQLite's online backup."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection, connections

from missioncontrol.ops.errors import BackupProblem
from missioncontrol.ops.manifest import Head

FILE = "database.sqlite3"
HEADS = """
    SELECT project.slug, project.id, stream.epoch, stream.head_seq, stream.head_hash
    FROM tasks_eventstream stream JOIN tasks_project project ON project.id = stream.project_id ORDER BY project.slug
"""


def version() -> str:
    """The version of the SQLite library."""
    return sqlite3.sqlite_version


def copy_out(folder: Path) -> list[Head]:
    """Write a consistent copy into `folder` while others read and write; answers the heads in the copy.

    One read transaction takes the whole copy, which in WAL mode keeps nobody waiting. Sessions stay out: their keys
    sign people in.
    """
    connection.ensure_connection()
    with closing(sqlite3.connect(folder / FILE)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA secure_delete=ON")
        copy.execute("DELETE FROM django_session")
        copy.commit()
        copy.execute("PRAGMA journal_mode=DELETE")
        _check(copy)
        return [_head(row) for row in copy.execute(HEADS)]


def put_back(folder: Path) -> None:
    """Replace the whole database with the copy, at once or not at all.

    Raises BackupProblem when another process has the database open, and for a copy that is not sound.
    """
    name = connection.settings_dict["NAME"]
    connections.close_all()
    with closing(_open_copy(folder / FILE)) as copy, _alone(str(name)) as database:
        _check(copy)
        copy.backup(database)


def _open_copy(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


@contextmanager
def _alone(name: str) -> Iterator[sqlite3.Connection]:
    """The database, closed to everybody else: under WAL, whoever has it open holds a lock on it."""
    with closing(sqlite3.connect(name, timeout=1, isolation_level=None)) as database:
        try:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("BEGIN EXCLUSIVE")
            database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise BackupProblem(f"{name} is in use ({error}). Stop the server first.") from error
        yield database


def _check(database: sqlite3.Connection) -> None:
    try:
        found = database.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise BackupProblem(f"The copy is no sound database: {error}") from error
    if found != "ok":
        raise BackupProblem(f"The copy is not sound: {found}")


def _head(row: tuple[str, str, str, int, str]) -> Head:
    slug, project, epoch, seq, link = row
    return Head(slug, _dashed(project), _dashed(epoch), seq, link)


def _dashed(text: str) -> str:
    """SQLite keeps UUIDs as 32 digits."""
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
