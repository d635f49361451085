"""Ways to look at a board that people keep."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7
from tasks.filter_grammar import LANES, MAX_LENGTH

from .projects import Project


class SavedView(models.Model):
    """A filter of a board under a name, its owner's own or shared with everybody in the project."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="views")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=MAX_LENGTH, blank=True, default="")
    lane = models.CharField(
        max_length=10,
        choices=[("", "None"), *((name, name.title()) for name in LANES)],
        blank=True,
        default="",
    )
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "owner", "name"], name="saved_view_name_once")
        ]

    def __str__(self) -> str:
        return self.name
