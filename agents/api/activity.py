"""What agents are doing, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.activity import ACTIVITIES, AGENT_ACTIVITY, ActivityLine
from agents.models import Agent, Health
from agents.queries.activity import Doing, as_mapping, doing_now, entries_of
from agents.services.access import ensure_project_visible, get_agent, visible_agents
from agents.services.activity import report_activity
from agents.services.pulse import Report
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    FilterSerializer,
    IntegerField,
    LineField,
    SlugField,
    StrictSerializer,
)
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.clock import database_now
from tasks.modes import Act
from tasks.services.access import Need

BY_NAME = {"name": ["name", "id"]}
BY_NUMBER = {"at": ["id"]}


class ActivityFilters(FilterSerializer):
    """Whose agents; all of the caller's projects when not said."""

    project = SlugField(max_length=60, required=False)


class ActivityBody(StrictSerializer):
    """What an agent says it does."""

    health = ChoiceField(choices=Health.choices, required=False)
    task = LineField(max_length=64, required=False, allow_null=True, allow_blank=True)
    progress = IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    note = LineField(max_length=500, required=False, allow_blank=True)


class ActivityList(ApiView):
    """GET /agents/activity."""

    @extend_schema(operation_id="list_activity", parameters=[ActivityFilters], responses=ACTIVITIES)
    def get(self, request: Request) -> Response:
        """What every agent does now, by name."""
        project = self.query(ActivityFilters).get("project", "")
        ensure_project_visible(self.actor, project)
        agents = visible_agents(self.actor, project).filter(removed_at__isnull=True)
        shown = page(agents, request, ordering="name", allowed=BY_NAME)
        now = database_now()
        results = [doing_json(doing, now) for doing in doing_now(shown["results"], now)]
        return self.respond({**shown, "results": results, "server_now": now})


class AgentActivity(ApiView):
    """GET and POST /agents/{slug}/activity."""

    @extend_schema(operation_id="get_agent_activity", parameters=[ActivityFilters], responses=AGENT_ACTIVITY)
    def get(self, request: Request, slug: str) -> Response:
        """What the agent does now, and what it reported, newest first."""
        agent = self._agent(slug, Need.READ, Act.READ)
        now = database_now()
        (doing,) = doing_now([agent], now)
        entries = page(entries_of(agent), request, ordering="-at", allowed=BY_NUMBER, row=as_mapping)
        return self.respond({"now": doing_json(doing, now), **entries})

    @extend_schema(
        operation_id="report_activity",
        parameters=[ActivityFilters],
        request=ActivityBody,
        responses={201: ActivityLine},
    )
    def post(self, request: Request, slug: str) -> Response:
        """An agent tells what it does; nobody tells it for another."""
        body = self.read_body(ActivityBody)
        agent = self._agent(slug, Need.READ, Act.MESSAGE)
        said = Report(health=body.get("health"), progress=body.get("progress"), note=body.get("note"))
        entry = report_activity(actor=self.actor, agent=agent, report=said, task_ref=body.get("task") or "")
        return self.respond(as_mapping(entry), status=201)

    def _agent(self, slug: str, need: Need, act: Act) -> Agent:
        project = self.query(ActivityFilters).get("project", "")
        return get_agent(self.actor, slug, need, project_slug=project, act=act)


def doing_json(doing: Doing, now: datetime) -> dict[str, Any]:
    """What one agent does now."""
    agent, task = doing.agent, doing.task
    names = (
        "slug",
        "name",
        "emoji",
        "level",
        "state",
        "state_reason",
        "health",
        "health_note",
        "load",
        "last_beat_at",
    )
    return {
        "id": agent.pk,
        "project": agent.project.slug,
        **{name: getattr(agent, name) for name in names},
        "activity": doing.doing,
        "task": {"id": task.pk, "key": task.key, "title": task.title, "status": task.status}
        if task
        else None,
        "progress": doing.progress,
        "since": doing.since,
        "elapsed_s": max(0, int((now - doing.since).total_seconds())),
        "next_beat_due_at": agent.next_beat_due,
    }
