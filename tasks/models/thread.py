"""The thread of a task: messages with their earlier versions, mentions, subscriptions, peer reviews."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7

from .common import ActorStamped
from .projects import Project
from .tasks import Task


class MessageType(models.TextChoices):
    """What a message is about."""

    COMMENT = "comment", "Comment"
    WORK_PLAN = "work_plan", "Work plan"
    PROGRESS = "progress", "Progress"
    ARTIFACT = "artifact", "Artifact"
    REVIEW = "review", "Review"
    APPROVAL_REQUEST = "approval_request", "Approval request"
    SYSTEM = "system", "System"


class Message(ActorStamped):
    """One message of a thread, in Markdown. Deleted messages stay, without their content, for the thread's shape."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="messages")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="messages")
    type = models.CharField(max_length=16, choices=MessageType.choices, default=MessageType.COMMENT)
    content = models.TextField()
    artifacts = models.JSONField(default=list, blank=True)
    reply_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replies"
    )
    idempotency_key = models.CharField(max_length=255, blank=True, default="")
    source_ref = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["task", "created_at", "id"], name="message_by_task"),
            models.Index(fields=["project", "created_at"], name="message_by_project"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["task", "source_ref"], condition=~Q(source_ref=""), name="message_import_once"
            )
        ]

    def __str__(self) -> str:
        return self.content[:60]


class MessageVersion(ActorStamped):
    """What a message said before it was edited or deleted, and who changed it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    content = models.TextField()
    artifacts = models.JSONField(default=list, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["message", "version"], name="message_version_once")]

    def __str__(self) -> str:
        return f"{self.message_id} v{self.version}"


class Mention(models.Model):
    """An agent or a person named in a message: once per message."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    agent = models.ForeignKey(
        "agents.Agent", null=True, blank=True, on_delete=models.CASCADE, related_name="mentions"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="mentions"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "agent"], condition=Q(agent__isnull=False), name="mention_agent_once"
            ),
            models.UniqueConstraint(
                fields=["message", "user"], condition=Q(user__isnull=False), name="mention_user_once"
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.agent or self.user}"


class Subscription(models.Model):
    """Who follows a thread. `muted` keeps an explicit unsubscription against the automatic ones."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="subscriptions")
    agent = models.ForeignKey(
        "agents.Agent", null=True, blank=True, on_delete=models.CASCADE, related_name="subscriptions"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="subscriptions",
    )
    muted = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "agent"], condition=Q(agent__isnull=False), name="subscription_agent_once"
            ),
            models.UniqueConstraint(
                fields=["task", "user"], condition=Q(user__isnull=False), name="subscription_user_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agent or self.user} follows {self.task_id}"


class ReviewKind(models.TextChoices):
    """What a peer review says."""

    PRAISE = "praise", "Praise"
    REFUTE = "refute", "Refute"
    CHANGESET = "changeset", "Changeset"
    APPROVE = "approve", "Approve"


class ReviewState(models.TextChoices):
    """What became of a peer review."""

    PENDING = "pending", "Pending"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"
    SUPERSEDED = "superseded", "Superseded"


class Review(ActorStamped):
    """A peer review: praise (score 1-10), refute (severity), changeset (files with diffs) or approve."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="reviews")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=10, choices=ReviewKind.choices)
    content = models.TextField(blank=True, default="")
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    severity = models.CharField(max_length=10, blank=True, default="")
    files = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=ReviewState.choices, default=ReviewState.PENDING)
    response = models.TextField(blank=True, default="")
    responded_by = models.CharField(max_length=150, blank=True, default="")
    responded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    idempotency_key = models.CharField(max_length=255, blank=True, default="")

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(1, 10)), name="review_score_range"
            ),
            models.UniqueConstraint(
                fields=["task", "actor_kind", "actor_id", "kind"],
                condition=Q(state="pending"),
                name="review_pending_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.task_id}"
