"""Answers that were given, remembered so that a repeated request gets the same one."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from missioncontrol.kernel.ids import uuid7


class IdempotencyRecord(models.Model):
    """One request under an `Idempotency-Key`: running while it is being answered, done once the answer is
    kept.

    `owner` is drawn anew whenever a process starts to answer; only the current owner can finish, so a process
    that was taken for dead cannot. `body` is the answer as it was sent, sealed where the answer held a
    secret.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    owner: models.UUIDField[UUID, UUID] = models.UUIDField(default=uuid7)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    body = models.BinaryField(default=b"", blank=True)
    sealed = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    locked_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor_kind", "actor_id", "key", "method", "path"], name="kernel_idempotency_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="running") | models.Q(status__isnull=False),
                name="kernel_idempotency_done_has_status",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="kernel_idempotency_age")]
        verbose_name = "remembered answer"

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.state})"
