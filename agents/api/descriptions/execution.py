"""Tasks handed to executors."""

from __future__ import annotations

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from agents.api.descriptions.agents import ByAnswer
from agents.models import ExecutionRequest
from missioncontrol.kernel.api.schema import listed


class ExecutionAnswer(serializers.ModelSerializer[ExecutionRequest]):
    """An execution request."""

    project = serializers.CharField()
    task = inline_serializer(
        "ExecutionTask",
        {"id": serializers.UUIDField(), "key": serializers.CharField(), "title": serializers.CharField()},
    )
    payload = serializers.DictField()
    claimed_by = serializers.CharField(allow_null=True, help_text="The agent's slug.")
    requested_by = ByAnswer()

    class Meta:
        model = ExecutionRequest
        fields = (
            "id", "project", "task", "executor", "payload", "status", "claimed_by", "requested_by", "result",
            "error", "created_at", "updated_at", "finished_at", "version",
        )  # fmt: skip
        read_only_fields = fields


EXECUTIONS = listed(ExecutionAnswer)
