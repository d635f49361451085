"""History cannot be rewritten: triggers forbid changing events, and removing those above the stream's floor."""

from django.db import migrations

SQLITE = [
    """
    CREATE TRIGGER tasks_event_never_changed BEFORE UPDATE ON tasks_event
    BEGIN
        SELECT RAISE(ABORT, 'history is append-only: events are never changed');
    END
    """,
    """
    CREATE TRIGGER tasks_event_never_removed BEFORE DELETE ON tasks_event
    WHEN OLD.seq > COALESCE(
        (SELECT floor_seq FROM tasks_eventstream WHERE project_id = OLD.project_id), 0
    )
    BEGIN
        SELECT RAISE(ABORT, 'history is append-only: only events up to the floor may be removed');
    END
    """,
]

POSTGRESQL = [
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

UNDO_SQLITE = [
    "DROP TRIGGER IF EXISTS tasks_event_never_changed",
    "DROP TRIGGER IF EXISTS tasks_event_never_removed",
]

UNDO_POSTGRESQL = [
    "DROP TRIGGER IF EXISTS tasks_event_guarded ON tasks_event",
    "DROP TRIGGER IF EXISTS tasks_event_never_emptied ON tasks_event",
    "DROP FUNCTION IF EXISTS tasks_event_guard()",
]


def _run(schema_editor, sqlite, postgresql):
    vendor = schema_editor.connection.vendor
    for statement in {"sqlite": sqlite, "postgresql": postgresql}.get(vendor, []):
        # None, not (): a percent sign in the statement is no placeholder.
        schema_editor.execute(statement, params=None)


def install(apps, schema_editor):
    _run(schema_editor, SQLITE, POSTGRESQL)


def remove(apps, schema_editor):
    _run(schema_editor, UNDO_SQLITE, UNDO_POSTGRESQL)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_tasks")]
    operations = [migrations.RunPython(install, remove)]
