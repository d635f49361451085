"""What happened to a task's status, and what was refused."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .changes import Change
from .common import ActorStamped
from .projects import Project
from .tasks import Task


class Transition(ActorStamped):
    """One change of a task's status, kept for ever. `artifacts` is the plan, deliverable and checklist of then."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="transitions")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="transitions")
    from_status = models.CharField(max_length=16)
    to_status = models.CharField(max_length=16)
    reason = models.TextField(blank=True, default="")
    artifacts = models.JSONField(default=dict, blank=True)
    override = models.BooleanField(default=False)
    automatic = models.BooleanField(default=False)
    lease_token = models.PositiveBigIntegerField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)
    change = models.ForeignKey(
        Change,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transitions",
        help_text="The change that can be undone, or could, and that this step is part of.",
    )
    undoes = models.ForeignKey(
        Change,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="undoing",
        help_text="The change that this step takes back.",
    )

    class Meta:
        ordering = ["task", "id"]
        indexes = [models.Index(fields=["task", "at"], name="transition_by_task")]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"


class Refusal(ActorStamped):
    """A transition that was refused: changes nothing, and is counted so that a safety stop can be seen."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="refusals")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="refusals")
    from_status = models.CharField(max_length=16)
    to_status = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    reason = models.TextField(blank=True, default="")
    request_id = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["project", "-at"], name="refusal_by_project")]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status} refused: {self.code}"
