"""History cannot be rewritten: triggers forbid changing events, and removing those above the stream's floor."""

from django.db import migrations
from tasks import event_triggers


def _execute(schema_editor):
    # None, not (): a percent sign in the statement is no placeholder.
    return lambda statement: schema_editor.execute(statement, params=None)


def install(apps, schema_editor):
    event_triggers.install(schema_editor.connection.vendor, _execute(schema_editor))


def remove(apps, schema_editor):
    event_triggers.remove(schema_editor.connection.vendor, _execute(schema_editor))


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_tasks")]
    operations = [migrations.RunPython(install, remove)]
