"""Approvals and alerts."""

from __future__ import annotations

from rest_framework import serializers

from agents.models import Alert, Approval
from agents.queries.approvals import PLAIN
from missioncontrol.kernel.api.schema import Described, listed
from tasks.api.descriptions import TaskNamed
from tasks.api.thread_shapes import ActorAnswer

ALERT_PLAIN = (
    "id", "kind", "severity", "title", "detail", "state", "count", "created_at", "last_at", "closed_by", "closed_at",
)  # fmt: skip


class ApprovalTaskAnswer(TaskNamed):
    """The task that waits for the answer, as it is now."""


class DecisionAnswer(Described):
    """One person's verdict."""

    by = ActorAnswer()
    approve = serializers.BooleanField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class ApprovalAnswer(serializers.ModelSerializer[Approval]):
    """A request that a person decides."""

    project = serializers.CharField(help_text="The project's slug.")
    task = ApprovalTaskAnswer(allow_null=True)
    payload = serializers.DictField(child=serializers.JSONField())
    needed = serializers.IntegerField(help_text="How many different people must approve.")
    approvals = serializers.IntegerField(help_text="How many have approved.")
    requester = ActorAnswer()
    decisions = DecisionAnswer(many=True)

    class Meta:
        model = Approval
        fields = (*PLAIN, "project", "task", "requester", "approvals", "decisions")
        read_only_fields = fields


class AlertAnswer(serializers.ModelSerializer[Alert]):
    """Something an operator should look at."""

    project = serializers.CharField(help_text="The project's slug.")
    task = serializers.CharField(allow_null=True, help_text="The task's key.")
    agent = serializers.CharField(allow_null=True, help_text="The agent's slug.")
    operator = serializers.CharField(allow_null=True, help_text="The user name of the agent's operator.")

    class Meta:
        model = Alert
        fields = (*ALERT_PLAIN, "project", "task", "agent", "operator")
        read_only_fields = fields


class DecidedRow(Described):
    """What became of one of several requests."""

    approval = serializers.CharField()
    ok = serializers.BooleanField()
    status = serializers.CharField(required=False)
    code = serializers.CharField(required=False, help_text="Why the decision was refused.")
    detail = serializers.CharField(required=False)


class DecidedAnswer(Described):
    """One decision on several requests, request by request."""

    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    results = DecidedRow(many=True)


APPROVALS = listed(ApprovalAnswer)
ALERTS = listed(AlertAnswer)
