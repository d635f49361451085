"""Agents can be found by their words, until they are removed."""

from django.db import migrations

from agents.search_source import AGENTS
from tasks import search_index


def _execute(schema_editor):
    return lambda statement: schema_editor.execute(statement, params=None)


def install(apps, schema_editor):
    search_index.connect(schema_editor.connection.vendor, _execute(schema_editor), AGENTS)


def remove(apps, schema_editor):
    execute = _execute(schema_editor)
    search_index.disconnect(schema_editor.connection.vendor, execute, AGENTS)
    execute(f"DELETE FROM {search_index.DOCS} WHERE kind = '{AGENTS.kind}'")


class Migration(migrations.Migration):

    dependencies = [
        ("agents", "0002_tasks"),
        ("tasks", "0005_search"),
    ]

    operations = [migrations.RunPython(install, remove)]
