import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('agents', '0002_tasks'),
        ('tasks', '0002_tasks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor_kind', models.CharField(choices=[('human', 'Person'), ('agent', 'Agent'), ('service', 'Service'), ('system', 'Mission Control')], default='system', max_length=8)),
                ('actor_id', models.CharField(blank=True, default='', max_length=64)),
                ('actor_name', models.CharField(blank=True, default='', max_length=150)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to='tasks.project')),
                ('seq', models.PositiveBigIntegerField(help_text='The number of the event told of.')),
                ('type', models.CharField(choices=[('assignment', 'Assignment'), ('mention', 'Mention'), ('thread_update', 'Thread update'), ('status_change', 'Status change'), ('review_requested', 'Review requested'), ('response_request', 'Response request'), ('approval_requested', 'Approval requested'), ('approval_decided', 'Approval decided'), ('alert', 'Alert'), ('system', 'System')], max_length=20)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to=settings.AUTH_USER_MODEL)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='agents.agent')),
                ('task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='notifications', to='tasks.task')),
                ('answers_agent', models.BooleanField(default=False, help_text='The message told of answers a message by an agent.')),
                ('target_type', models.CharField(blank=True, default='', max_length=30)),
                ('target_id', models.CharField(blank=True, default='', max_length=64)),
                ('summary', models.CharField(blank=True, default='', max_length=500)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('claimed', 'Claimed'), ('delivered', 'Delivered'), ('acknowledged', 'Acknowledged'), ('skipped', 'Skipped'), ('dead', 'Dead')], default='pending', max_length=12)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('agent__isnull', False), ('state__in', ['pending', 'claimed', 'delivered'])), fields=['agent', 'id'], name='notification_agent_open'), models.Index(condition=models.Q(('user__isnull', False)), fields=['user', '-id'], name='notification_by_user'), models.Index(condition=models.Q(('read_at__isnull', True), ('user__isnull', False)), fields=['user'], name='notification_unread')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('agent__isnull', False), ('user__isnull', True)), models.Q(('agent__isnull', True), ('user__isnull', False)), _connector='OR'), name='notification_one_recipient'), models.UniqueConstraint(condition=models.Q(('agent__isnull', False)), fields=('project', 'seq', 'type', 'agent'), name='notification_agent_once'), models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('project', 'seq', 'type', 'user'), name='notification_user_once')],
            },
        ),
        migrations.CreateModel(
            name='RelayCursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='relay_cursors', to='tasks.project')),
                ('consumer', models.CharField(max_length=40)),
                ('seq', models.PositiveBigIntegerField(default=0)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'consumer'), name='relay_cursor_once')],
            },
        ),
        migrations.CreateModel(
            name='RelayFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='relay_failures', to='tasks.project')),
                ('consumer', models.CharField(max_length=40)),
                ('seq', models.PositiveBigIntegerField()),
                ('error', models.CharField(max_length=500)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('project', 'consumer', 'seq'), name='relay_failure_once')],
            },
        ),
    ]
