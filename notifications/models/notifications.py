"""Notifications: who is told what, whether it was delivered, and if not, why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from tasks.models import ActorStamped, Change, Project, Task


class NotificationType(models.TextChoices):
    """What a notification is about."""

    ASSIGNMENT = "assignment", "Assignment"
    MENTION = "mention", "Mention"
    THREAD_UPDATE = "thread_update", "Thread update"
    STATUS_CHANGE = "status_change", "Status change"
    REVIEW_REQUESTED = "review_requested", "Review requested"
    RESPONSE_REQUEST = "response_request", "Response request"
    APPROVAL_REQUESTED = "approval_requested", "Approval requested"
    APPROVAL_DECIDED = "approval_decided", "Approval decided"
    ALERT = "alert", "Alert"
    SYSTEM = "system", "System"


class DeliveryState(models.TextChoices):
    """How far the delivery to an agent has come; people's notifications stay pending."""

    PENDING = "pending", "Pending"
    CLAIMED = "claimed", "Claimed"
    DELIVERED = "delivered", "Delivered"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    SKIPPED = "skipped", "Skipped"
    DEAD = "dead", "Dead"


class Notification(ActorStamped):
    """One recipient told of one event. Unique per (event, recipient, type), so the relay can run twice.

    The actor columns say who did what is told. `reason` is why `should_deliver` said yes or no.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="notifications")
    seq = models.PositiveBigIntegerField(help_text="The number of the event told of.")
    type = models.CharField(max_length=20, choices=NotificationType.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="notifications",
    )
    agent = models.ForeignKey(
        "agents.Agent", null=True, blank=True, on_delete=models.CASCADE, related_name="notifications"
    )
    task = models.ForeignKey(
        Task, null=True, blank=True, on_delete=models.CASCADE, related_name="notifications"
    )
    answers_agent = models.BooleanField(
        default=False, help_text="The message told of answers a message by an agent."
    )
    target_type = models.CharField(max_length=30, blank=True, default="")
    target_id = models.CharField(max_length=64, blank=True, default="")
    summary = models.CharField(max_length=500, blank=True, default="")
    state = models.CharField(max_length=12, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    reason = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(agent__isnull=False, user__isnull=True)
                | Q(agent__isnull=True, user__isnull=False),
                name="notification_one_recipient",
            ),
            models.UniqueConstraint(
                fields=["project", "seq", "type", "agent"],
                condition=Q(agent__isnull=False),
                name="notification_agent_once",
            ),
            models.UniqueConstraint(
                fields=["project", "seq", "type", "user"],
                condition=Q(user__isnull=False),
                name="notification_user_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["agent", "id"],
                condition=Q(agent__isnull=False, state__in=["pending", "claimed", "delivered"]),
                name="notification_agent_open",
            ),
            models.Index(
                fields=["user", "-id"], condition=Q(user__isnull=False), name="notification_by_user"
            ),
            models.Index(
                fields=["user"],
                condition=Q(user__isnull=False, read_at__isnull=True),
                name="notification_unread",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.summary}"


class RelayCursor(models.Model):
    """How far one consumer has read a project's stream."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="relay_cursors")
    consumer = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "consumer"], name="relay_cursor_once")]

    def __str__(self) -> str:
        return f"{self.consumer} of {self.project_id} at {self.seq}"


class RelayFailure(models.Model):
    """An event that a consumer could not handle. It is passed over, so that one bad event never stops the rest."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="relay_failures")
    consumer = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField()
    error = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "consumer", "seq"], name="relay_failure_once")
        ]

    def __str__(self) -> str:
        return f"{self.consumer} failed on event {self.seq} of {self.project_id}"


class HeldEvent(models.Model):
    """An event a consumer passed by because its change can still be undone; handled once the change stands."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="held_events")
    consumer = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField()
    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="held_events")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["project", "consumer", "seq"], name="held_event_once")]

    def __str__(self) -> str:
        return f"{self.consumer} waits with event {self.seq} of {self.project_id}"
