"""Agents: programs that work on tasks, their credentials and what they tell about themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7
from tasks.models import ActorStamped, Project


class Level(models.TextChoices):
    """How much an agent is trusted with."""

    INTERN = "intern", "Intern"
    SPECIALIST = "specialist", "Specialist"
    LEAD = "lead", "Lead"


class AgentState(models.TextChoices):
    """What an operator has set. An agent never lifts its own pause or quarantine."""

    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    DRAINED = "drained", "Drained"
    QUARANTINED = "quarantined", "Quarantined"


class Health(models.TextChoices):
    """What the agent reports of itself; offline is derived, never reported."""

    IDLE = "idle", "Idle"
    WORKING = "working", "Working"
    WAITING = "waiting", "Waiting"
    BLOCKED = "blocked", "Blocked"
    ERROR = "error", "Error"


FLAGS = ("can_create_tasks", "can_mention", "can_review", "can_close")
MISSED_BEATS_OFFLINE = 3


class Agent(models.Model):
    """A program that works on tasks of one project through the API."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="agents")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=150)
    emoji = models.CharField(max_length=16, blank=True, default="")
    level = models.CharField(max_length=12, choices=Level.choices, default=Level.SPECIALIST)
    role_text = models.TextField(blank=True, default="")
    behaviour = models.TextField(blank=True, default="")
    skills = models.JSONField(default=list, blank=True)
    task_types = models.JSONField(default=list, blank=True, help_text="Allowed task types; empty allows all.")
    tools = models.JSONField(default=list, blank=True, help_text="Allowed tools; empty allows all.")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="agents_operated",
    )

    state = models.CharField(max_length=12, choices=AgentState.choices, default=AgentState.ACTIVE)
    state_reason = models.CharField(max_length=500, blank=True, default="")
    state_set_by = models.CharField(max_length=150, blank=True, default="")
    state_since = models.DateTimeField(default=timezone.now)
    paused_by_all = models.BooleanField(
        default=False, help_text="Paused by pause-all, so resume-all restores it."
    )
    state_before_all = models.CharField(
        max_length=12, blank=True, default="", help_text="The state that resume-all restores."
    )

    health = models.CharField(max_length=8, choices=Health.choices, default=Health.IDLE)
    health_note = models.CharField(max_length=500, blank=True, default="")
    load = models.PositiveSmallIntegerField(default=0, help_text="Percent.")
    reported_task = models.ForeignKey(
        "tasks.Task", null=True, blank=True, on_delete=models.SET_NULL, related_name="reported_by"
    )
    reported_progress = models.PositiveSmallIntegerField(default=0)
    reported_spend = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True, help_text="US dollars, as it says itself."
    )
    activity_since = models.DateTimeField(default=timezone.now)
    error_streak = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True, default="")
    last_beat_at = models.DateTimeField(null=True, blank=True)
    offline_since = models.DateTimeField(null=True, blank=True)
    heartbeat_interval_s = models.PositiveIntegerField(default=1800)
    max_concurrent_tasks = models.PositiveSmallIntegerField(default=1)

    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    max_spawn = models.PositiveSmallIntegerField(default=0)
    can_create_tasks = models.BooleanField(default=True)
    can_mention = models.BooleanField(default=True)
    can_review = models.BooleanField(default=False)
    can_close = models.BooleanField(default=False)
    budget_per_day = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    budget_per_run = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)

    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["name", "slug"]
        constraints = [models.UniqueConstraint(fields=["project", "slug"], name="agent_slug_once")]
        indexes = [
            models.Index(
                fields=["last_beat_at"],
                condition=Q(offline_since__isnull=True, removed_at__isnull=True),
                name="agent_beating",
            )
        ]

    def __str__(self) -> str:
        return f"{self.emoji} {self.name}".strip()

    @property
    def flags(self) -> frozenset[str]:
        """The flags that are set, by name."""
        return frozenset(flag for flag in FLAGS if getattr(self, flag))

    @property
    def next_beat_due(self) -> Any:
        """When the next heartbeat is expected, or None before the first one."""
        if self.last_beat_at is None:
            return None
        return self.last_beat_at + timedelta(seconds=self.heartbeat_interval_s)


class StoredSecret(models.Model):
    """What is kept of a secret that was shown once: its SHA-256, a prefix to know it by, and how long it lets in."""

    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["-created_at"]


class AgentKey(StoredSecret):
    """A key of an agent."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="keys")

    def __str__(self) -> str:
        return self.prefix


class Scope(models.TextChoices):
    """What a service token may do; every scope includes reading."""

    READ = "read", "Read"
    WRITE = "write", "Write"
    OPERATE = "operate", "Operate"
    ADMIN = "admin", "Administer"


class ServiceToken(StoredSecret):
    """The credential of a machine caller that acts for an operator, in one project, within its scopes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="service_tokens")
    name = models.CharField(max_length=150)
    scopes = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class AgentSession(models.Model):
    """A session of an agent's runtime, whose key opens the tool endpoints under `/agent/`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="sessions")
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=16)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"session {self.prefix} of {self.agent_id}"


class ActivityEntry(models.Model):
    """One thing an agent reported about itself."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="activity_entries")
    health = models.CharField(max_length=8, choices=Health.choices)
    task = models.ForeignKey("tasks.Task", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    progress = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "activity entries"

    def __str__(self) -> str:
        return f"{self.agent_id} {self.health}"


class DocumentKind(models.TextChoices):
    """The documents an agent keeps."""

    WORKING = "working", "WORKING.md"
    DAILY_NOTE = "daily_note", "Daily note"
    SESSION_MEMORY = "session_memory", "Session memory"


class AgentDocument(models.Model):
    """A document of an agent as it is now; daily notes have one per day."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=16, choices=DocumentKind.choices)
    date = models.DateField(null=True, blank=True)
    content = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "kind", "date"], condition=Q(date__isnull=False), name="document_daily_once"
            ),
            models.UniqueConstraint(
                fields=["agent", "kind"], condition=Q(date__isnull=True), name="document_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.agent_id}"


class AgentDocumentVersion(ActorStamped):
    """What a document said in an earlier version, and who wrote that version."""

    document = models.ForeignKey(AgentDocument, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["document", "version"], name="document_version_once")]

    def __str__(self) -> str:
        return f"{self.document_id} v{self.version}"
