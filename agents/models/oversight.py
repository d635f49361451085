"""What checks of the history came to."""

from __future__ import annotations

from django.db import models

from tasks.models import Project


class CheckState(models.TextChoices):
    """Whether a check of a history is on its way."""

    IDLE = "idle", "Idle"
    WANTED = "wanted", "Asked for"
    RUNNING = "running", "Running"


class ChainCheck(models.Model):
    """The last check of a project's chain of events, and the one that somebody waits for.

    `ok` is None before the first one. Events above `floor` up to `head` were looked at and `compared` checkpoints held
    against them; `checkpoint_seq` and `checkpoint_at` are the last one written. `file_note` says what is wrong with the
    file of checkpoints, which all projects share.
    """

    project = models.OneToOneField(
        Project, on_delete=models.CASCADE, primary_key=True, related_name="chain_check"
    )
    state = models.CharField(max_length=8, choices=CheckState.choices, default=CheckState.IDLE)
    wanted_by = models.CharField(max_length=150, blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.CharField(max_length=150, blank=True, default="")
    ok = models.BooleanField(null=True, blank=True)
    checked = models.PositiveBigIntegerField(default=0)
    floor = models.PositiveBigIntegerField(default=0)
    head = models.PositiveBigIntegerField(default=0)
    compared = models.PositiveIntegerField(default=0)
    broken_seq = models.PositiveBigIntegerField(null=True, blank=True)
    broken_what = models.CharField(max_length=300, blank=True, default="")
    notes = models.CharField(max_length=500, blank=True, default="")
    checkpoint_seq = models.PositiveBigIntegerField(null=True, blank=True)
    checkpoint_at = models.DateTimeField(null=True, blank=True)
    file_note = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return f"check of {self.project_id}"

    @property
    def busy(self) -> bool:
        """Whether one is on its way."""
        return self.state != CheckState.IDLE
