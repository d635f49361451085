import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.utils.timezone
import missioncontrol.kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('display_name', models.CharField(blank=True, default='', max_length=150)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='SystemState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mode', models.CharField(choices=[('normal', 'Normal'), ('draining', 'Draining'), ('paused', 'Paused'), ('quarantined', 'Quarantined')], default='normal', max_length=12)),
                ('mode_reason', models.CharField(blank=True, default='', max_length=500)),
                ('mode_set_by', models.CharField(blank=True, default='', max_length=150)),
                ('mode_since', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='system_state_single_row')],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('mode', models.CharField(choices=[('normal', 'Normal'), ('draining', 'Draining'), ('paused', 'Paused'), ('quarantined', 'Quarantined')], default='normal', max_length=12)),
                ('mode_reason', models.CharField(blank=True, default='', max_length=500)),
                ('mode_set_by', models.CharField(blank=True, default='', max_length=150)),
                ('mode_since', models.DateTimeField(blank=True, null=True)),
                ('id', models.UUIDField(default=missioncontrol.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('description', models.TextField(blank=True, default='')),
                ('key_prefix', models.CharField(help_text='The PRJ of PRJ-12.', max_length=10, unique=True)),
                ('workflow', models.CharField(choices=[('guarded', 'Guarded'), ('light', 'Light')], default='guarded', max_length=8)),
                ('autonomy', models.CharField(choices=[('autonomous', 'Autonomous'), ('semi_autonomous', 'Semi-autonomous')], default='autonomous', max_length=16)),
                ('auto_triage', models.BooleanField(default=True)),
                ('agents_may_close', models.BooleanField(default=False)),
                ('done_needs_approval', models.BooleanField(default=False)),
                ('lease_s', models.PositiveIntegerField(default=1800, help_text='Seconds a claim lasts without a sign of life.')),
                ('abandon_limit', models.PositiveSmallIntegerField(default=3)),
                ('auto_approve_after_s', models.PositiveIntegerField(default=86400)),
                ('wip_limits', models.JSONField(blank=True, default=dict, help_text='Status to limit.')),
                ('loop_limits', models.JSONField(blank=True, default=dict, help_text='Thresholds of loop detection that differ.')),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('version', models.PositiveIntegerField(default=1)),
                ('timezone', models.CharField(default='UTC', max_length=64)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='TaskCounter',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='task_counter', serialize=False, to='tasks.project')),
                ('last_number', models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='tasks.project')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('operator', 'Operator'), ('viewer', 'Viewer')], default='operator', max_length=8)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('project', 'user'), name='membership_once')],
            },
        ),
        migrations.CreateModel(
            name='SignInLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_in_links', to=settings.AUTH_USER_MODEL)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='EventStream',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='stream', serialize=False, to='tasks.project')),
                ('epoch', models.UUIDField(default=missioncontrol.kernel.ids.uuid7)),
                ('head_seq', models.PositiveBigIntegerField(default=0)),
                ('head_hash', models.CharField(blank=True, default='', max_length=64)),
                ('floor_seq', models.PositiveBigIntegerField(default=0)),
                ('floor_hash', models.CharField(blank=True, default='', max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor_kind', models.CharField(choices=[('human', 'Person'), ('agent', 'Agent'), ('service', 'Service'), ('system', 'Mission Control')], default='system', max_length=8)),
                ('actor_id', models.CharField(blank=True, default='', max_length=64)),
                ('actor_name', models.CharField(blank=True, default='', max_length=150)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='tasks.project')),
                ('seq', models.PositiveBigIntegerField()),
                ('type', models.CharField(max_length=60)),
                ('target_type', models.CharField(max_length=30)),
                ('target_id', models.CharField(max_length=64)),
                ('payload', models.TextField(default='{}')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('prev_hash', models.CharField(blank=True, default='', max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ['project', 'seq'],
                'indexes': [models.Index(fields=['project', 'target_id', 'seq'], name='event_by_target'), models.Index(fields=['project', 'type', 'seq'], name='event_by_type')],
                'constraints': [models.UniqueConstraint(fields=('project', 'seq'), name='event_number_unique')],
            },
        ),
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labels', to='tasks.project')),
                ('name', models.CharField(max_length=60)),
                ('color', models.CharField(blank=True, default='', max_length=20)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('project', 'name'), name='label_once')],
            },
        ),
    ]
