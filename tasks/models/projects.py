"""People, projects, memberships, and the switch that rules them all."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7


class User(AbstractUser):
    """A person. `display_name` is what others see; the user name is what mentions and the API use."""

    display_name = models.CharField(max_length=150, blank=True, default="")
    sign_outs = models.PositiveIntegerField(
        default=0, help_text="How often all sessions were ended; those opened before do not count."
    )

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must hold to count: it changes with the password and when all sessions are ended."""
        plain: str = super()._get_session_auth_hash(secret=secret)  # type: ignore[misc]
        return f"{plain}:{self.sign_outs}" if self.sign_outs else plain

    @property
    def shown_name(self) -> str:
        """The display name, or the user name where none is set."""
        return self.display_name or self.username


class Workflow(models.TextChoices):
    """Whether the gates of the workflow table apply."""

    GUARDED = "guarded", "Guarded"
    LIGHT = "light", "Light"


class Mode(models.TextChoices):
    """What agents may do. People are never stopped by a mode."""

    NORMAL = "normal", "Normal"
    DRAINING = "draining", "Draining"
    PAUSED = "paused", "Paused"
    QUARANTINED = "quarantined", "Quarantined"


class Autonomy(models.TextChoices):
    """Whether a claim is immediate or asks an operator first."""

    AUTONOMOUS = "autonomous", "Autonomous"
    SEMI = "semi_autonomous", "Semi-autonomous"


class ModeFields(models.Model):
    """A mode, who set it, why and since when: what the banner shows."""

    mode = models.CharField(max_length=12, choices=Mode.choices, default=Mode.NORMAL)
    mode_reason = models.CharField(max_length=500, blank=True, default="")
    mode_set_by = models.CharField(max_length=150, blank=True, default="")
    mode_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class SystemState(ModeFields):
    """The installation's own mode: exactly one row, with primary key 1."""

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="system_state_single_row")]

    def __str__(self) -> str:
        return f"Mission Control is {self.mode}"


class Project(ModeFields):
    """A workspace: board, members, agents, rules. Everything else belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    key_prefix = models.CharField(max_length=10, unique=True, help_text="The PRJ of PRJ-12.")
    workflow = models.CharField(max_length=8, choices=Workflow.choices, default=Workflow.GUARDED)
    autonomy = models.CharField(max_length=16, choices=Autonomy.choices, default=Autonomy.AUTONOMOUS)
    auto_triage = models.BooleanField(default=True)
    agents_may_close = models.BooleanField(default=False)
    done_needs_approval = models.BooleanField(default=False)
    lease_s = models.PositiveIntegerField(
        default=1800, help_text="Seconds a claim lasts without a sign of life."
    )
    abandon_limit = models.PositiveSmallIntegerField(default=3)
    auto_approve_after_s = models.PositiveIntegerField(default=24 * 3600)
    wip_limits = models.JSONField(default=dict, blank=True, help_text="Status to limit.")
    loop_limits = models.JSONField(
        default=dict, blank=True, help_text="Thresholds of loop detection that differ."
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)
    timezone = models.CharField(max_length=64, default="UTC")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TaskCounter(models.Model):
    """The last task number given in a project; its row lock makes numbers unique."""

    project = models.OneToOneField(
        Project, on_delete=models.PROTECT, primary_key=True, related_name="task_counter"
    )
    last_number = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.project_id}: {self.last_number}"


class Role(models.TextChoices):
    """What a person may do in a project."""

    OWNER = "owner", "Owner"
    OPERATOR = "operator", "Operator"
    VIEWER = "viewer", "Viewer"


class Membership(models.Model):
    """A person's role in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.OPERATOR)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.project}"


class SignInLink(models.Model):
    """A link that signs a person in once. Only the SHA-256 of its secret is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.user}"
