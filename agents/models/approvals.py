"""What waits for a person: approvals, with their decisions; and alerts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7
from tasks.models import ActorStamped, Project, Task

from .agents import Agent


class ApprovalStatus(models.TextChoices):
    """What became of a request."""

    PENDING = "pending", "Pending"
    APPROVED = "approved", "Approved"
    DENIED = "denied", "Denied"
    EXPIRED = "expired", "Expired"
    CANCELED = "canceled", "Canceled"


class Risk(models.TextChoices):
    """How much could go wrong: red needs two different people; review is a hand-in waiting for a verdict."""

    YELLOW = "yellow", "Yellow"
    RED = "red", "Red"


class Approval(ActorStamped):
    """A request that a person decides. The actor columns are the requester."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="approvals")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="approvals")
    requester_agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="approvals_requested"
    )
    action_type = models.CharField(max_length=60)
    summary = models.CharField(max_length=500)
    payload = models.JSONField(default=dict, blank=True)
    payload_hash = models.CharField(max_length=64)
    risk = models.CharField(max_length=6, choices=Risk.choices, default=Risk.YELLOW)
    justification = models.TextField(blank=True, default="")
    estimated_cost = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    rollback_plan = models.TextField(blank=True, default="")
    status = models.CharField(max_length=8, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING)
    return_status = models.CharField(max_length=16, blank=True, default="")
    expires_at = models.DateTimeField()
    escalated_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    grant_used_at = models.DateTimeField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["project", "status", "-created_at"], name="approval_by_project"),
            models.Index(fields=["expires_at"], condition=Q(status="pending"), name="approval_pending"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="pending", decided_at__isnull=True)
                | (~Q(status="pending") & Q(decided_at__isnull=False)),
                name="approval_decided_when_not_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.action_type}: {self.summary}"

    @property
    def needed(self) -> int:
        """How many different people must approve."""
        return 2 if self.risk == Risk.RED else 1


class ApprovalDecision(ActorStamped):
    """One person's verdict on a request."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="decisions")
    approve = models.BooleanField()
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["approval", "actor_kind", "actor_id"], name="approval_decided_once_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {'yes' if self.approve else 'no'}"


class AlertState(models.TextChoices):
    """What became of an alert."""

    OPEN = "open", "Open"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    RESOLVED = "resolved", "Resolved"


class Severity(models.TextChoices):
    """How bad it is."""

    INFO = "info", "Info"
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class Alert(models.Model):
    """Something an operator should look at. One open alert per (project, dedupe key)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=40)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.WARNING)
    title = models.CharField(max_length=300)
    detail = models.TextField(blank=True, default="")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.SET_NULL, related_name="alerts")
    agent = models.ForeignKey(Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="alerts")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    dedupe_key = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=AlertState.choices, default=AlertState.OPEN)
    count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    closed_by = models.CharField(max_length=150, blank=True, default="")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "dedupe_key"], condition=~Q(state="resolved"), name="alert_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.title


class LoopDetection(models.Model):
    """A loop that was broken: the kind, the evidence, and the message that says so in the thread."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="loops")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="loops")
    kind = models.CharField(max_length=20)
    evidence = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} on {self.task_id}"
