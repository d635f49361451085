"""The agent that calls, and everything that is there for it."""

from __future__ import annotations

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from agents.api.descriptions.agents import AgentAnswer
from agents.models import Health
from missioncontrol.kernel.api.schema import Described
from tasks.api.descriptions import LeaseAnswer, TaskNamed
from tasks.models import Mode, TaskType


class BudgetLeft(Described):
    """What may still be spent."""

    per_day = serializers.CharField()
    per_run = serializers.CharField()
    currency = serializers.CharField()


class OtherMe(Described):
    """The service or person that calls."""

    kind = serializers.ChoiceField(choices=["service", "human"])
    id = serializers.CharField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    server_now = serializers.DateTimeField()


class AgentMe(AgentAnswer):
    """The agent that calls."""

    kind = serializers.ChoiceField(choices=["agent"])
    mode = serializers.ChoiceField(choices=Mode.choices)
    budget_left = BudgetLeft()
    server_now = serializers.DateTimeField()

    class Meta(AgentAnswer.Meta):
        fields = ("kind", *AgentAnswer.Meta.fields, "mode", "budget_left", "server_now")  # type: ignore[assignment]


ME = PolymorphicProxySerializer("Me", [AgentMe, OtherMe], resource_type_field_name=None)


class BriefTask(TaskNamed):
    """A task as heartbeats list it."""

    type = serializers.ChoiceField(choices=TaskType.choices)
    priority = serializers.IntegerField(allow_null=True)
    progress = serializers.IntegerField()
    version = serializers.IntegerField()
    required_skills = serializers.ListField(child=serializers.CharField())
    due_at = serializers.DateTimeField(allow_null=True)
    blocked_reason = serializers.CharField()
    review_cycles = serializers.IntegerField()
    open_dependencies = serializers.IntegerField()
    updated_at = serializers.DateTimeField()
    lease = LeaseAnswer(allow_null=True)


class BriefAgent(Described):
    """The agent that beats."""

    id = serializers.UUIDField()
    project = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    level = serializers.CharField()
    state = serializers.CharField()
    state_reason = serializers.CharField()
    health = serializers.ChoiceField(choices=Health.choices)
    error_streak = serializers.IntegerField()
    max_concurrent_tasks = serializers.IntegerField()


class DirectiveAnswer(Described):
    """What the agent is told to do."""

    type = serializers.ChoiceField(choices=["pause", "drain", "quarantine", "resume", "stop_task"])
    scope = serializers.ChoiceField(choices=["agent", "project", "task"])
    reason = serializers.CharField()
    task = serializers.CharField(required=False)


class BriefApproval(Described):
    """A request of the agent, pending or newly decided."""

    id = serializers.UUIDField()
    action_type = serializers.CharField()
    summary = serializers.CharField()
    status = serializers.CharField()
    risk = serializers.CharField()
    reason = serializers.CharField()
    expires_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    task = serializers.CharField(allow_null=True)


class ClaimedAnswer(Described):
    """What `claim: true` got: a task, or the approval that it waits for."""

    task = BriefTask(allow_null=True)
    lease = LeaseAnswer(allow_null=True)
    approval = serializers.UUIDField(required=False, allow_null=True)


class HeldLease(LeaseAnswer):
    """A live lease of the agent."""

    task = serializers.CharField()


class PulseAnswer(Described):
    """Everything that is there for the agent."""

    agent = BriefAgent()
    directives = DirectiveAnswer(many=True)
    mode = serializers.ChoiceField(choices=Mode.choices)
    budget_left = BudgetLeft()
    tasks = BriefTask(many=True, help_text="Its open tasks, those in progress first.")
    claimed = ClaimedAnswer(allow_null=True)
    claim_refused = serializers.DictField(allow_null=True, help_text="Why `claim: true` got nothing.")
    claimable = BriefTask(many=True, help_text="In claim order.")
    approvals = BriefApproval(many=True)
    notifications = serializers.ListField(child=serializers.DictField())
    notifications_cursor = serializers.CharField(allow_null=True)
    leases = HeldLease(many=True)
    next_beat_due_at = serializers.DateTimeField()
    server_now = serializers.DateTimeField()
