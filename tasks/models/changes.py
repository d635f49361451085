"""Changes that whoever made them can still take back, and what is needed for that."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7

from .common import ActorStamped
from .projects import Project


class Change(ActorStamped):
    """One change of a person or service to a task that can be undone until `due_at`; until then no agent hears of it.

    It ends exactly once: undone (`undone_at`), or released (`released_at`) when nobody took it back in time. `images`
    holds, for the task and every other task the change reached, what was there before and after
    (`tasks.services.images`); it is emptied some time after the end.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="changes")
    task = models.ForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="changes")
    images = models.JSONField(default=list, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True) | Q(released_at__isnull=True), name="change_ends_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["project", "due_at"],
                condition=Q(undone_at__isnull=True, released_at__isnull=True),
                name="change_open",
            ),
            models.Index(fields=["task", "-made_at"], name="change_by_task"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} on {self.task_id}"

    @property
    def is_settled(self) -> bool:
        """Whether it was undone or released."""
        return self.undone_at is not None or self.released_at is not None
