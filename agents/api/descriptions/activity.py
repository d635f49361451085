"""What agents do, and what they told of it."""

from __future__ import annotations

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from agents.models import ActivityEntry, Health
from missioncontrol.kernel.api.schema import Described
from tasks.api.descriptions import TaskNamed


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
    progress = serializers.IntegerField(min_value=0, max_value=100, help_text="Percent.")

    class Meta:
        model = ActivityEntry
        fields = ("health", "task", "progress", "note", "at")


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
