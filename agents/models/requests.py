"""Asking others for an answer."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from missioncontrol.kernel.ids import uuid7
from tasks.models import ActorStamped, Project, Task

from .agents import Agent


class RequestState(models.TextChoices):
    """What became of a request for an answer."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    EXPIRED = "expired", "Expired"


class ResponseRequest(ActorStamped):
    """Somebody, the actor, asks one agent or person to answer in a task's thread: one open request each."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="response_requests")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="response_requests")
    message = models.ForeignKey("tasks.Message", on_delete=models.PROTECT, related_name="response_requests")
    agent = models.ForeignKey(
        Agent, null=True, blank=True, on_delete=models.CASCADE, related_name="response_requests"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="response_requests",
    )
    state = models.CharField(max_length=8, choices=RequestState.choices, default=RequestState.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(agent__isnull=False, user__isnull=True)
                | Q(agent__isnull=True, user__isnull=False),
                name="response_request_one_kind",
            ),
            models.UniqueConstraint(
                fields=["task", "agent"],
                condition=Q(agent__isnull=False, state="open"),
                name="response_request_agent_open_once",
            ),
            models.UniqueConstraint(
                fields=["task", "user"],
                condition=Q(user__isnull=False, state="open"),
                name="response_request_user_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} asks {self.agent or self.user}"
