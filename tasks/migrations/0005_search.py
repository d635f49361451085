"""Tasks and messages can be found by their words; see docs/decisions/search-is-kept-by-triggers.md."""

import django.db.models.deletion
from django.db import migrations, models
from tasks import search_index


def _execute(schema_editor):
    # None, not (): a percent sign in a statement is no placeholder.
    return lambda statement: schema_editor.execute(statement, params=None)


def install(apps, schema_editor):
    vendor, execute = schema_editor.connection.vendor, _execute(schema_editor)
    if vendor == "postgresql":
        execute("SET LOCAL statement_timeout = 0")
    search_index.create(vendor, execute)
    for source in (search_index.TASKS, search_index.MESSAGES):
        search_index.connect(vendor, execute, source)


def remove(apps, schema_editor):
    vendor, execute = schema_editor.connection.vendor, _execute(schema_editor)
    for source in (search_index.TASKS, search_index.MESSAGES):
        search_index.disconnect(vendor, execute, source)
    search_index.drop(vendor, execute)


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0004_palette'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchDoc',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=8)),
                ('ref', models.UUIDField(unique=True)),
                ('project', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tasks.project')),
                ('task', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tasks.task')),
            ],
        ),
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('doc', models.OneToOneField(db_column='rowid', on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='tasks.searchdoc')),
            ],
            options={
                'db_table': 'tasks_searchtext',
                'managed': False,
            },
        ),
        migrations.CreateModel(
            name='SearchTitle',
            fields=[
                ('doc', models.OneToOneField(db_column='rowid', on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='tasks.searchdoc')),
            ],
            options={
                'db_table': 'tasks_searchtitle',
                'managed': False,
            },
        ),
        migrations.AddIndex(
            model_name='searchdoc',
            index=models.Index(fields=['project', 'id'], name='search_by_project'),
        ),
        migrations.RunPython(install, remove),
    ]
