"""A card on the board, who is on it, and what it waits for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7
from tasks.workflow import CLOSED, HELD, Status

from .common import ActorKinds, ActorStamped
from .projects import Project


class TaskType(models.TextChoices):
    """The kind of work, which agents may be restricted to."""

    CONTENT = "content", "Content"
    SOCIAL = "social", "Social"
    EMAIL_MARKETING = "email_marketing", "E-mail marketing"
    CUSTOMER_RESEARCH = "customer_research", "Customer research"
    SEO_RESEARCH = "seo_research", "SEO research"
    ENGINEERING = "engineering", "Engineering"
    DOCS = "docs", "Docs"
    OPS = "ops", "Ops"


class Priority(models.IntegerChoices):
    """How urgent; lower comes first."""

    CRITICAL = 1, "Critical"
    HIGH = 2, "High"
    NORMAL = 3, "Normal"
    LOW = 4, "Low"


class Source(models.TextChoices):
    """Where a task came from."""

    DASHBOARD = "dashboard", "Board"
    API = "api", "API"
    AGENT = "agent", "Agent"
    SESSION = "session", "Session"
    SLACK = "slack", "Slack"
    TELEGRAM = "telegram", "Telegram"
    IMPORT = "import", "Import"
    SYSTEM = "system", "Mission Control"


class BlockCause(models.TextChoices):
    """Why a task is blocked: decides who, or what, lifts the block."""

    NONE = "", "Not blocked"
    REASON = "reason", "Somebody said so"
    DEPENDENCIES = "dependencies", "Waits for other tasks"
    ABANDONED = "abandoned", "Abandoned too often"
    APPROVAL = "approval", "Approval denied or expired"
    LOOP = "loop", "Loop detected"


class Label(models.Model):
    """A word operators put on tasks; `auto-approve` has a meaning of its own."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=60)
    color = models.CharField(max_length=20, blank=True, default="")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="label_once")]

    def __str__(self) -> str:
        return self.name


class Task(models.Model):
    """A card on the board. `status` is written by the transition service alone.

    The live lease is on the row itself (`holder`, `lease_token`, `lease_expires_at`), so there can be only one; the
    token grows with every lease and is never reused. `rank` is the priority with "unset" last: the claim order is
    (rank, created_at, id). `open_dependencies` counts dependencies that are not done.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks")
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=24, unique=True)
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True, default="")
    type = models.CharField(max_length=20, choices=TaskType.choices, default=TaskType.ENGINEERING)
    priority = models.PositiveSmallIntegerField(null=True, blank=True, choices=Priority.choices)
    rank = models.GeneratedField(
        expression=Coalesce(F("priority"), 5),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.INBOX, editable=False)
    status_since = models.DateTimeField(default=timezone.now)
    position = models.BigIntegerField(default=0)
    labels = models.ManyToManyField(Label, blank=True, related_name="tasks")
    required_skills = models.JSONField(default=list, blank=True)
    reviewer_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="reviewing"
    )
    reviewer_agent = models.ForeignKey(
        "agents.Agent", null=True, blank=True, on_delete=models.SET_NULL, related_name="reviewing"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="subtasks"
    )
    due_at = models.DateTimeField(null=True, blank=True)

    work_plan = models.JSONField(null=True, blank=True)
    deliverable = models.JSONField(null=True, blank=True)
    checklist = models.JSONField(null=True, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    progress_note = models.CharField(max_length=500, blank=True, default="")
    estimate_minutes = models.PositiveIntegerField(null=True, blank=True)
    actual_cost = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    budget = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)

    review_cycles = models.PositiveIntegerField(default=0)
    blocked_reason = models.TextField(blank=True, default="")
    blocked_by = models.CharField(
        max_length=8, blank=True, default="", choices=[("", "-"), *ActorKinds.choices]
    )
    block_cause = models.CharField(max_length=12, blank=True, default="", choices=BlockCause.choices)
    return_status = models.CharField(
        max_length=16, blank=True, default="", help_text="Where an approval sends the task back to."
    )
    triage_suspended = models.BooleanField(
        default=False,
        help_text="Set when the last assignee was removed: triage does not fire again by itself.",
    )

    holder = models.ForeignKey(
        "agents.Agent", null=True, blank=True, on_delete=models.SET_NULL, related_name="held_tasks"
    )
    last_holder = models.ForeignKey(
        "agents.Agent", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    lease_token = models.PositiveBigIntegerField(default=0)
    lease_s = models.PositiveIntegerField(default=1800, help_text="Seconds each renewal adds to now.")
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then a change can be undone, and agents leave the task alone."
    )
    abandoned_attempts = models.PositiveSmallIntegerField(default=0)

    open_dependencies = models.PositiveIntegerField(default=0)
    dependency_flag = models.CharField(
        max_length=300, blank=True, default="", help_text="Says which dependency was canceled."
    )
    message_count = models.PositiveIntegerField(default=0)
    loop_watermark = models.DateTimeField(null=True, blank=True, help_text="Only later evidence counts.")

    external_chat_id = models.CharField(max_length=100, blank=True, default="")
    external_thread_id = models.CharField(max_length=100, blank=True, default="")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.DASHBOARD)
    source_ref = models.CharField(max_length=200, blank=True, default="")
    created_by_kind = models.CharField(max_length=8, choices=ActorKinds.choices, default=ActorKinds.SYSTEM)
    created_by_id = models.CharField(max_length=64, blank=True, default="")
    created_by_name = models.CharField(max_length=150, blank=True, default="")
    idempotency_key = models.CharField(max_length=255, blank=True, default="")

    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="task_number_unique"),
            models.UniqueConstraint(
                fields=["project", "source", "source_ref"],
                condition=Q(source="import") & ~Q(source_ref=""),
                name="task_import_once",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[s.value for s in Status]), name="task_status_known"
            ),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=False, status__in=sorted(CLOSED))
                | (Q(completed_at__isnull=True) & ~Q(status__in=sorted(CLOSED))),
                name="task_closed_has_completed_at",
            ),
            models.CheckConstraint(
                condition=Q(holder__isnull=True, lease_expires_at__isnull=True)
                | Q(holder__isnull=False, lease_expires_at__isnull=False, status__in=sorted(HELD)),
                name="task_lease_whole",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="task_progress_percent"),
            models.CheckConstraint(
                condition=Q(priority__isnull=True) | Q(priority__range=(1, 4)), name="task_priority_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "rank", "created_at", "id"],
                condition=Q(status="ready", open_dependencies=0),
                name="task_claim_ready",
            ),
            models.Index(
                fields=["project", "rank", "created_at", "id"],
                condition=Q(status="inbox", open_dependencies=0),
                name="task_claim_inbox",
            ),
            models.Index(fields=["project", "status", "position", "id"], name="task_board"),
            models.Index(fields=["project", "-created_at", "-id"], name="task_newest"),
            models.Index(fields=["project", "updated_at", "id"], name="task_updated"),
            models.Index(
                fields=["lease_expires_at"], condition=Q(holder__isnull=False), name="task_live_leases"
            ),
            models.Index(fields=["submitted_at"], condition=Q(status="review"), name="task_in_review"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class Assignment(models.Model):
    """An agent or a person on a task."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="assignments")
    agent = models.ForeignKey(
        "agents.Agent", null=True, blank=True, on_delete=models.CASCADE, related_name="assignments"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="assignments"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(agent__isnull=False, user__isnull=True)
                | Q(agent__isnull=True, user__isnull=False),
                name="assignment_one_kind",
            ),
            models.UniqueConstraint(
                fields=["task", "agent"], condition=Q(agent__isnull=False), name="assignment_agent_once"
            ),
            models.UniqueConstraint(
                fields=["task", "user"], condition=Q(user__isnull=False), name="assignment_user_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent or self.user} on {self.task_id}"


class Dependency(ActorStamped):
    """`task` waits for `depends_on` to be done."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="dependencies")
    depends_on = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="dependents")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(fields=["task", "depends_on"], name="dependency_once"),
            models.CheckConstraint(condition=~Q(task=F("depends_on")), name="dependency_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} waits for {self.depends_on_id}"
