"""What the last import brought for a task, so that the next one changes only what changed at its source."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from .tasks import Task


class ImportedTask(models.Model):
    """The task as its source last told it.

    A field is written again only when the source says something else than `fields`: what people changed on the
    board since then stays. `digest` is over the whole record and tells an unchanged one without comparing fields.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="imported")
    digest = models.CharField(max_length=64)
    fields = models.JSONField(default=dict)
    imported_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.task_id} as imported at {self.imported_at:%Y-%m-%d %H:%M}"
