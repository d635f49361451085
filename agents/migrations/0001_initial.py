import django.db.models.deletion
import django.utils.timezone
import missioncontrol.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tasks', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Agent',
            fields=[
                ('id', models.UUIDField(default=missioncontrol.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='agents', to='tasks.project')),
                ('slug', models.SlugField(max_length=60)),
                ('name', models.CharField(max_length=150)),
                ('emoji', models.CharField(blank=True, default='', max_length=16)),
                ('level', models.CharField(choices=[('intern', 'Intern'), ('specialist', 'Specialist'), ('lead', 'Lead')], default='specialist', max_length=12)),
                ('role_text', models.TextField(blank=True, default='')),
                ('behaviour', models.TextField(blank=True, default='')),
                ('skills', models.JSONField(blank=True, default=list)),
                ('task_types', models.JSONField(blank=True, default=list, help_text='Allowed task types; empty allows all.')),
                ('tools', models.JSONField(blank=True, default=list, help_text='Allowed tools; empty allows all.')),
                ('operator', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='agents_operated', to=settings.AUTH_USER_MODEL)),
                ('state', models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('drained', 'Drained'), ('quarantined', 'Quarantined')], default='active', max_length=12)),
                ('state_reason', models.CharField(blank=True, default='', max_length=500)),
                ('state_set_by', models.CharField(blank=True, default='', max_length=150)),
                ('state_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('paused_by_all', models.BooleanField(default=False, help_text='Paused by pause-all, so resume-all restores it.')),
                ('state_before_all', models.CharField(blank=True, default='', help_text='The state that resume-all restores.', max_length=12)),
                ('health', models.CharField(choices=[('idle', 'Idle'), ('working', 'Working'), ('waiting', 'Waiting'), ('blocked', 'Blocked'), ('error', 'Error')], default='idle', max_length=8)),
                ('health_note', models.CharField(blank=True, default='', max_length=500)),
                ('load', models.PositiveSmallIntegerField(default=0, help_text='Percent.')),
                ('reported_progress', models.PositiveSmallIntegerField(default=0)),
                ('reported_spend', models.DecimalField(blank=True, decimal_places=4, help_text='US dollars, as it says itself.', max_digits=12, null=True)),
                ('activity_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('error_streak', models.PositiveSmallIntegerField(default=0)),
                ('last_error', models.CharField(blank=True, default='', max_length=500)),
                ('last_beat_at', models.DateTimeField(blank=True, null=True)),
                ('offline_since', models.DateTimeField(blank=True, null=True)),
                ('heartbeat_interval_s', models.PositiveIntegerField(default=1800)),
                ('max_concurrent_tasks', models.PositiveSmallIntegerField(default=1)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='children', to='agents.agent')),
                ('max_spawn', models.PositiveSmallIntegerField(default=0)),
                ('can_create_tasks', models.BooleanField(default=True)),
                ('can_mention', models.BooleanField(default=True)),
                ('can_review', models.BooleanField(default=False)),
                ('can_close', models.BooleanField(default=False)),
                ('budget_per_day', models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True)),
                ('budget_per_run', models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True)),
                ('removed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['name', 'slug'],
                'indexes': [models.Index(condition=models.Q(('offline_since__isnull', True), ('removed_at__isnull', True)), fields=['last_beat_at'], name='agent_beating')],
                'constraints': [models.UniqueConstraint(fields=('project', 'slug'), name='agent_slug_once')],
            },
        ),
        migrations.CreateModel(
            name='AgentKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='agents.agent')),
                ('prefix', models.CharField(max_length=16, unique=True)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='ServiceToken',
            fields=[
                ('id', models.UUIDField(default=missioncontrol.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='service_tokens', to='tasks.project')),
                ('name', models.CharField(max_length=150)),
                ('scopes', models.JSONField(default=list)),
                ('prefix', models.CharField(max_length=16, unique=True)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='AgentSession',
            fields=[
                ('id', models.UUIDField(default=missioncontrol.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='agents.agent')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('prefix', models.CharField(max_length=16)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('expires_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='AgentDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='agents.agent')),
                ('kind', models.CharField(choices=[('working', 'WORKING.md'), ('daily_note', 'Daily note'), ('session_memory', 'Session memory')], max_length=16)),
                ('date', models.DateField(blank=True, null=True)),
                ('content', models.TextField(blank=True, default='')),
                ('version', models.PositiveIntegerField(default=1)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('date__isnull', False)), fields=('agent', 'kind', 'date'), name='document_daily_once'), models.UniqueConstraint(condition=models.Q(('date__isnull', True)), fields=('agent', 'kind'), name='document_once')],
            },
        ),
        migrations.CreateModel(
            name='AgentDocumentVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor_kind', models.CharField(choices=[('human', 'Person'), ('agent', 'Agent'), ('service', 'Service'), ('system', 'Mission Control')], default='system', max_length=8)),
                ('actor_id', models.CharField(blank=True, default='', max_length=64)),
                ('actor_name', models.CharField(blank=True, default='', max_length=150)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='agents.agentdocument')),
                ('version', models.PositiveIntegerField()),
                ('content', models.TextField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['version'],
                'constraints': [models.UniqueConstraint(fields=('document', 'version'), name='document_version_once')],
            },
        ),
    ]
