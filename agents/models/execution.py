"""Execution requests: a task handed to an executor such as cursor, claude_code or openclaw_agent."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7
from tasks.models import ActorStamped, Project, Task

from .agents import Agent


class ExecutionStatus(models.TextChoices):
    """How far an execution request has come."""

    PENDING = "pending", "Pending"
    ASSIGNED = "assigned", "Assigned"
    IN_PROGRESS = "in_progress", "In progress"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


class ExecutionRequest(ActorStamped):
    """A task handed to an executor. The actor columns are who asked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="execution_requests")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="execution_requests")
    executor = models.CharField(max_length=60)
    payload = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=12, choices=ExecutionStatus.choices, default=ExecutionStatus.PENDING)
    claimed_by = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.SET_NULL, related_name="executions"
    )
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["project", "executor", "status"], name="execution_waiting")]

    def __str__(self) -> str:
        return f"{self.executor}: {self.status}"
