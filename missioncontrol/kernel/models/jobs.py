"""What is known of every background job: one row for each, whichever process ran it."""

from __future__ import annotations

from django.db import models


class JobRun(models.Model):
    """The last run of one job, and the lease of the run that is going on now, if any."""

    name = models.CharField(primary_key=True, max_length=100)
    first_seen_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    result = models.CharField(max_length=200, blank=True, default="")
    duration_ms = models.PositiveIntegerField(default=0)
    runs = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    consecutive_failures = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=64, blank=True, default="")
    held_until = models.DateTimeField(null=True, blank=True)
    wanted_again = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "job"

    def __str__(self) -> str:
        return self.name
