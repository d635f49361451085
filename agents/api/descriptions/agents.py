"""Agents, and what lets them in."""

from __future__ import annotations

from rest_framework import serializers

from agents.api.representation import PLAIN
from agents.models import Agent, AgentKey
from missioncontrol.kernel.api.schema import Described, listed
from tasks.models import TaskType


class AgentAnswer(serializers.ModelSerializer[Agent]):
    """An agent."""

    project = serializers.CharField(help_text="The project's slug.")
    operator = serializers.CharField(allow_null=True, help_text="The user name of who looks after it.")
    parent = serializers.CharField(allow_null=True, help_text="The slug of the agent that registered it.")  # type: ignore[assignment]
    skills = serializers.ListField(child=serializers.CharField())
    task_types = serializers.ListField(child=serializers.ChoiceField(choices=TaskType.choices))
    tools = serializers.ListField(child=serializers.CharField())
    offline = serializers.BooleanField(help_text="Three beats are missing, or it never beat.")
    next_beat_due_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Agent
        fields = ("id", "project", *PLAIN, "operator", "parent", "offline", "next_beat_due_at")
        read_only_fields = fields


class NewAgentAnswer(AgentAnswer):
    """An agent that was just registered."""

    key = serializers.CharField(help_text="Shown once.")
    key_prefix = serializers.CharField()

    class Meta(AgentAnswer.Meta):
        fields = (*AgentAnswer.Meta.fields, "key", "key_prefix")  # type: ignore[assignment]


class KeyLine(serializers.ModelSerializer[AgentKey]):
    """A key, known by its prefix."""

    class Meta:
        model = AgentKey
        fields = ("prefix", "created_at", "last_used_at", "expires_at", "revoked_at")


class NewKeyAnswer(Described):
    """A key that was just made."""

    key = serializers.CharField(help_text="Shown once.")
    prefix = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class ChangedAgent(Described):
    """An agent whose state an order changed."""

    slug = serializers.CharField()
    state = serializers.CharField()


class OrderToAllAnswer(Described):
    """Whose state an order to all changed."""

    project = serializers.CharField()
    changed = ChangedAgent(many=True)


class NewSessionAnswer(Described):
    """A session that was just opened."""

    session_key = serializers.CharField(help_text="Shown once.")
    prefix = serializers.CharField()
    expires_at = serializers.DateTimeField()


class ByAnswer(Described):
    """Who it was."""

    kind = serializers.CharField()
    name = serializers.CharField()


AGENTS = listed(AgentAnswer)
KEYS = listed(KeyLine)
