import django.db.models.deletion
import django.utils.timezone
import missioncontrol.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0001_initial'),
        ('tasks', '0002_tasks'),
    ]

    operations = [
        migrations.AddField(
            model_name='agent',
            name='reported_task',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reported_by', to='tasks.task'),
        ),
        migrations.CreateModel(
            name='ActivityEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='activity_entries', to='agents.agent')),
                ('health', models.CharField(choices=[('idle', 'Idle'), ('working', 'Working'), ('waiting', 'Waiting'), ('blocked', 'Blocked'), ('error', 'Error')], max_length=8)),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tasks.task')),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('note', models.CharField(blank=True, default='', max_length=500)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-id'],
                'verbose_name_plural': 'activity entries',
            },
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('actor_kind', models.CharField(choices=[('human', 'Person'), ('agent', 'Agent'), ('service', 'Service'), ('system', 'Mission Control')], default='system', max_length=8)),
                ('actor_id', models.CharField(blank=True, default='', max_length=64)),
                ('actor_name', models.CharField(blank=True, default='', max_length=150)),
                ('id', models.UUIDField(default=missioncontrol.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='tasks.project')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='tasks.task')),
                ('requester_agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='approvals_requested', to='agents.agent')),
                ('action_type', models.CharField(max_length=60)),
                ('summary', models.CharField(max_length=500)),
                ('payload', models.JSONField(blank=True, default=dict)),
                ('payload_hash', models.CharField(max_length=64)),
                ('risk', models.CharField(choices=[('yellow', 'Yellow'), ('red', 'Red')], default='yellow', max_length=6)),
                ('justification', models.TextField(blank=True, default='')),
                ('estimated_cost', models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True)),
                ('rollback_plan', models.TextField(blank=True, default='')),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('approved', 'Approved'), ('denied', 'Denied'), ('expired', 'Expired'), ('canceled', 'Canceled')], default='pending', max_length=8)),
                ('return_status', models.CharField(blank=True, default='', max_length=16)),
                ('expires_at', models.DateTimeField()),
                ('escalated_at', models.DateTimeField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('grant_used_at', models.DateTimeField(blank=True, null=True)),
                ('idempotency_key', models.CharField(blank=True, default='', max_length=255)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['project', 'status', '-created_at'], name='approval_by_project'), models.Index(condition=models.Q(('status', 'pending')), fields=['expires_at'], name='approval_pending')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('status', 'pending')), models.Q(models.Q(('status', 'pending'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='approval_decided_when_not_pending')],
            },
        ),
        migrations.CreateModel(
            name='ApprovalDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor_kind', models.CharField(choices=[('human', 'Person'), ('agent', 'Agent'), ('service', 'Service'), ('system', 'Mission Control')], default='system', max_length=8)),
                ('actor_id', models.CharField(blank=True, default='', max_length=64)),
                ('actor_name', models.CharField(blank=True, default='', max_length=150)),
                ('approval', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='decisions', to='agents.approval')),
                ('approve', models.BooleanField()),
                ('reason', models.TextField(blank=True, default='')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('approval', 'actor_kind', 'actor_id'), name='approval_decided_once_each')],
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(default=missioncontrol.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='tasks.project')),
                ('kind', models.CharField(max_length=40)),
                ('severity', models.CharField(choices=[('info', 'Info'), ('warning', 'Warning'), ('critical', 'Critical')], default='warning', max_length=8)),
                ('title', models.CharField(max_length=300)),
                ('detail', models.TextField(blank=True, default='')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alerts', to='tasks.task')),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='alerts', to='agents.agent')),
                ('operator', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dedupe_key', models.CharField(max_length=120)),
                ('state', models.CharField(choices=[('open', 'Open'), ('acknowledged', 'Acknowledged'), ('resolved', 'Resolved')], default='open', max_length=12)),
                ('count', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_by', models.CharField(blank=True, default='', max_length=150)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'resolved'), _negated=True), fields=('project', 'dedupe_key'), name='alert_open_once')],
            },
        ),
        migrations.CreateModel(
            name='LoopDetection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loops', to='tasks.project')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loops', to='tasks.task')),
                ('kind', models.CharField(max_length=20)),
                ('evidence', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ExecutionRequest',
            fields=[
                ('actor_kind', models.CharField(choices=[('human', 'Person'), ('agent', 'Agent'), ('service', 'Service'), ('system', 'Mission Control')], default='system', max_length=8)),
                ('actor_id', models.CharField(blank=True, default='', max_length=64)),
                ('actor_name', models.CharField(blank=True, default='', max_length=150)),
                ('id', models.UUIDField(default=missioncontrol.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='execution_requests', to='tasks.project')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='execution_requests', to='tasks.task')),
                ('executor', models.CharField(max_length=60)),
                ('payload', models.JSONField(blank=True, default=dict)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('assigned', 'Assigned'), ('in_progress', 'In progress'), ('completed', 'Completed'), ('failed', 'Failed'), ('canceled', 'Canceled')], default='pending', max_length=12)),
                ('claimed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='executions', to='agents.agent')),
                ('result', models.JSONField(blank=True, null=True)),
                ('error', models.TextField(blank=True, default='')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'indexes': [models.Index(fields=['project', 'executor', 'status'], name='execution_waiting')],
            },
        ),
        migrations.CreateModel(
            name='ResponseRequest',
            fields=[
                ('actor_kind', models.CharField(choices=[('human', 'Person'), ('agent', 'Agent'), ('service', 'Service'), ('system', 'Mission Control')], default='system', max_length=8)),
                ('actor_id', models.CharField(blank=True, default='', max_length=64)),
                ('actor_name', models.CharField(blank=True, default='', max_length=150)),
                ('id', models.UUIDField(default=missioncontrol.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='response_requests', to='tasks.project')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='response_requests', to='tasks.task')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='response_requests', to='tasks.message')),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='response_requests', to='agents.agent')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='response_requests', to=settings.AUTH_USER_MODEL)),
                ('state', models.CharField(choices=[('open', 'Open'), ('answered', 'Answered'), ('expired', 'Expired')], default='open', max_length=8)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('agent__isnull', False), ('user__isnull', True)), models.Q(('agent__isnull', True), ('user__isnull', False)), _connector='OR'), name='response_request_one_kind'), models.UniqueConstraint(condition=models.Q(('agent__isnull', False), ('state', 'open')), fields=('task', 'agent'), name='response_request_agent_open_once'), models.UniqueConstraint(condition=models.Q(('state', 'open'), ('user__isnull', False)), fields=('task', 'user'), name='response_request_user_open_once')],
            },
        ),
    ]
