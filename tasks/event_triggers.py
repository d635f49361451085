"""Triggers that keep history as it was: events are never changed, and those above the floor never removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TABLES = {"tasks_event", "tasks_eventstream"}
Execute = Callable[[str], object]

_SQLITE = [
    """
    CREATE TRIGGER IF NOT EXISTS tasks_event_never_changed BEFORE UPDATE ON tasks_event
    BEGIN
        SELECT RAISE(ABORT, 'history is append-only: events are never changed');
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS tasks_event_never_removed BEFORE DELETE ON tasks_event
    WHEN OLD.seq > COALESCE(
        (SELECT floor_seq FROM tasks_eventstream WHERE project_id = OLD.project_id), 0
    )
    BEGIN
        SELECT RAISE(ABORT, 'history is append-only: only events up to the floor may be removed');
    END
    """,
]

_POSTGRESQL = [
    """
    CREATE FUNCTION tasks_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.seq <= (SELECT floor_seq FROM tasks_eventstream WHERE project_id = OLD.project_id) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'history is append-only: % on tasks_event', TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER tasks_event_guarded BEFORE UPDATE OR DELETE ON tasks_event
    FOR EACH ROW EXECUTE FUNCTION tasks_event_guard()
    """,
    """
    CREATE TRIGGER tasks_event_never_emptied BEFORE TRUNCATE ON tasks_event
    FOR EACH STATEMENT EXECUTE FUNCTION tasks_event_guard()
    """,
]

_UNDO_SQLITE = [
    "DROP TRIGGER IF EXISTS tasks_event_never_changed",
    "DROP TRIGGER IF EXISTS tasks_event_never_removed",
]

_UNDO_POSTGRESQL = [
    "DROP TRIGGER IF EXISTS tasks_event_guarded ON tasks_event",
    "DROP TRIGGER IF EXISTS tasks_event_never_emptied ON tasks_event",
    "DROP FUNCTION IF EXISTS tasks_event_guard()",
]


def install(vendor: str, execute: Execute) -> None:
    """Forbid changes of events; on SQLite doing it again changes nothing."""
    for statement in _SQLITE if vendor == "sqlite" else _POSTGRESQL:
        execute(statement)


def remove(vendor: str, execute: Execute) -> None:
    """Undo `install`."""
    for statement in _UNDO_SQLITE if vendor == "sqlite" else _UNDO_POSTGRESQL:
        execute(statement)


def keep(connection: Any) -> None:
    """Install what is missing: SQLite silently loses a table's triggers when a migration makes the table anew."""
    if connection.vendor != "sqlite" or not set(connection.introspection.table_names()) >= TABLES:
        return
    with connection.cursor() as cursor:
        install(connection.vendor, cursor.execute)
