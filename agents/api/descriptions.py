"""What the OpenAPI document says of answers about agents; a test holds it and the answers together."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, inline_serializer
from rest_framework import serializers

from agents.api.representation import PLAIN
from agents.models import ActivityEntry, Agent, AgentKey, DocumentKind, ExecutionRequest, Health
from missioncontrol.kernel.api.schema import listed
from tasks.api.descriptions import LeaseAnswer
from tasks.models import Mode, TaskType
from tasks.workflow import Status

Described = serializers.Serializer[Any]


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


class TaskNamed(Described):
    """A task in few words."""

    id = serializers.UUIDField()
    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)


class ActivityAnswer(Described):
    """What an agent does now."""

    id = serializers.UUIDField()
    project = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    emoji = serializers.CharField()
    level = serializers.CharField()
    state = serializers.CharField()
    state_reason = serializers.CharField()
    health = serializers.ChoiceField(choices=Health.choices)
    health_note = serializers.CharField()
    load = serializers.IntegerField()
    activity = serializers.ChoiceField(choices=["working", "waiting", "blocked", "idle", "offline"])
    task = TaskNamed(allow_null=True)
    progress = serializers.IntegerField()
    since = serializers.DateTimeField()
    elapsed_s = serializers.IntegerField()
    last_beat_at = serializers.DateTimeField(allow_null=True)
    next_beat_due_at = serializers.DateTimeField(allow_null=True)


class ActivityLine(serializers.ModelSerializer[ActivityEntry]):
    """Something an agent reported of itself."""

    task = serializers.CharField(allow_null=True, help_text="The task's key.")

    class Meta:
        model = ActivityEntry
        fields = ("health", "task", "progress", "note", "at")


class DocumentAnswer(Described):
    """A document as it is now."""

    kind = serializers.ChoiceField(choices=DocumentKind.choices)
    date = serializers.DateField(allow_null=True)
    content = serializers.CharField()
    version = serializers.IntegerField()
    updated_at = serializers.DateTimeField()


class ByAnswer(Described):
    """Who it was."""

    kind = serializers.CharField()
    name = serializers.CharField()


class DocumentVersionLine(Described):
    """What a document said in one version."""

    version = serializers.IntegerField()
    content = serializers.CharField()
    at = serializers.DateTimeField()
    by = ByAnswer()


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


class ToolAnswer(Described):
    """What a tool endpoint answers; further members say what was done."""

    success = serializers.BooleanField()


class ToolRefusal(Described):
    """What a tool endpoint answers when it did nothing."""

    success = serializers.BooleanField()
    error = serializers.CharField()
    code = serializers.CharField()


AGENTS = listed(AgentAnswer)
KEYS = listed(KeyLine)
VERSIONS = listed(DocumentVersionLine)
EXECUTIONS = listed(ExecutionAnswer)
ME = PolymorphicProxySerializer("Me", [AgentMe, OtherMe], resource_type_field_name=None)
ACTIVITIES = inline_serializer(
    "ActivityList",
    {
        "results": ActivityAnswer(many=True),
        "next": serializers.URLField(allow_null=True),
        "server_now": serializers.DateTimeField(),
    },
)
AGENT_ACTIVITY = inline_serializer(
    "AgentActivity",
    {
        "now": ActivityAnswer(),
        "results": ActivityLine(many=True),
        "next": serializers.URLField(allow_null=True),
    },
)
TOOL_ANSWERS = {200: ToolAnswer, **dict.fromkeys((400, 401, 404, 405, 422), ToolRefusal)}
