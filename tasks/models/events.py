"""The stream of events: one line of the project's history each, numbered without gaps and chained by hash."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7

from .common import ActorStamped
from .projects import Project


class EventStream(models.Model):
    """The head of a project's stream. Its row lock puts events in commit order.

    `epoch` changes when the stream is restored from a backup, so that sockets reload. Events up to `floor_seq` may
    have been removed by retention; `floor_hash` is the hash of the last one removed, where verification starts.
    """

    project = models.OneToOneField(Project, on_delete=models.PROTECT, primary_key=True, related_name="stream")
    epoch = models.UUIDField(default=uuid7)
    head_seq = models.PositiveBigIntegerField(default=0)
    head_hash = models.CharField(max_length=64, default="", blank=True)
    floor_seq = models.PositiveBigIntegerField(default=0)
    floor_hash = models.CharField(max_length=64, default="", blank=True)

    def __str__(self) -> str:
        return f"{self.project_id} at {self.head_seq}"


class Event(ActorStamped):
    """One change of state. Database triggers forbid UPDATE, and DELETE above the stream's floor.

    `payload` is the event's data as canonical JSON text: kept as text because the hash is over exactly these bytes.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=60)
    target_type = models.CharField(max_length=30)
    target_id = models.CharField(max_length=64)
    payload = models.TextField(default="{}")
    at = models.DateTimeField(default=timezone.now)
    prev_hash = models.CharField(max_length=64, blank=True, default="")
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["project", "seq"]
        constraints = [models.UniqueConstraint(fields=["project", "seq"], name="event_number_unique")]
        indexes = [
            models.Index(fields=["project", "target_id", "seq"], name="event_by_target"),
            models.Index(fields=["project", "type", "seq"], name="event_by_type"),
            models.Index(fields=["project", "actor_id", "seq"], name="event_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"

    @property
    def data(self) -> dict[str, Any]:
        """The event's data: `before`, `after` and what readers need to react."""
        decoded: dict[str, Any] = json.loads(self.payload)
        return decoded
