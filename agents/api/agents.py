"""The registry over HTTP."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.agents import AGENTS, AgentAnswer, NewAgentAnswer
from agents.api.narrowing import ProjectParameter
from agents.api.representation import agent_json
from agents.models import Agent, Level
from agents.services import registry
from agents.services.access import ensure_project_visible, get_agent, get_operator, visible_agents
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    BooleanField,
    ChoiceField,
    FilterSerializer,
    IntegerField,
    LineField,
    ListField,
    SlugField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.api.versions import etag_for, expected_version
from missioncontrol.kernel.api.views import ApiView
from tasks.models import Project, TaskType
from tasks.modes import Act
from tasks.services.access import Need, get_project

ORDERINGS = {"name": ["name", "id"], "slug": ["slug", "id"], "created_at": ["created_at", "id"]}


def _money() -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=0, required=False, allow_null=True
    )


class AgentFields(StrictSerializer):
    """What an owner may set on an agent."""

    name = LineField(max_length=150, required=False)
    emoji = LineField(max_length=16, required=False, allow_blank=True)
    level = ChoiceField(choices=Level.choices, required=False)
    role_text = TextField(required=False, allow_blank=True)
    behaviour = TextField(required=False, allow_blank=True)
    skills = ListField(child=LineField(max_length=60), required=False)
    task_types = ListField(child=ChoiceField(choices=TaskType.choices), required=False)
    tools = ListField(child=LineField(max_length=120), required=False)
    operator = LineField(max_length=150, required=False, allow_null=True)
    heartbeat_interval_s = IntegerField(min_value=5, max_value=7 * 86_400, required=False)
    max_concurrent_tasks = IntegerField(min_value=1, max_value=1000, required=False)
    max_spawn = IntegerField(min_value=0, max_value=1000, required=False)
    budget_per_day = _money()
    budget_per_run = _money()
    can_create_tasks = BooleanField(required=False)
    can_mention = BooleanField(required=False)
    can_review = BooleanField(required=False)
    can_close = BooleanField(required=False)


class NewAgentBody(AgentFields):
    """POST /agents."""

    project = SlugField(max_length=60)
    slug = SlugField(max_length=60)


class AgentChanges(AgentFields):
    """PATCH /agents/{slug}."""

    removed = BooleanField(required=False)
    version = IntegerField(min_value=1, required=False)


class AgentFilters(FilterSerializer):
    """GET /agents."""

    project = SlugField(max_length=60, required=False)
    state = ChoiceField(choices=["active", "paused", "drained", "quarantined"], required=False)
    level = ChoiceField(choices=Level.choices, required=False)
    removed = BooleanField(required=False)


class AgentList(ApiView):
    """GET and POST /agents."""

    answers_secret = True

    @extend_schema(operation_id="list_agents", parameters=[AgentFilters], responses=AGENTS)
    def get(self, request: Request) -> Response:
        """The agents the caller may see; removed ones only when asked for."""
        given = self.query(AgentFilters)
        ensure_project_visible(self.actor, given.get("project", ""))
        agents = visible_agents(self.actor, given.pop("project", ""))
        agents = agents.filter(removed_at__isnull=not given.pop("removed", False), **given)
        now = timezone.now()
        shown = page(
            agents, request, ordering="name", allowed=ORDERINGS, row=lambda row: agent_json(row, now)
        )
        return self.respond(shown)

    @extend_schema(operation_id="register_agent", request=NewAgentBody, responses={201: NewAgentAnswer})
    def post(self, request: Request) -> Response:
        """Register an agent; the answer holds its first `key`, shown once."""
        body = self.read_body(NewAgentBody)
        actor = self.actor
        need = Need.WRITE if actor.is_agent else Need.ADMIN
        project = get_project(actor, body.pop("project"), need, act=Act.WRITE)
        made = registry.create_agent(actor=actor, project=project, **_resolved(project, body))
        shown = agent_json(made.agent, timezone.now())
        return self.respond({**shown, "key": made.key.secret, "key_prefix": made.key.prefix}, status=201)


class AgentDetail(ApiView):
    """GET, PATCH and DELETE /agents/{slug}."""

    @extend_schema(operation_id="get_agent", parameters=[ProjectParameter], responses=AgentAnswer)
    def get(self, request: Request, slug: str) -> Response:
        """One agent."""
        return self._shown(self._agent(slug, Need.READ))

    @extend_schema(
        operation_id="edit_agent",
        parameters=[ProjectParameter],
        request=AgentChanges,
        responses=AgentAnswer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change an agent; `removed` takes it out of service or brings it back."""
        body = self.read_body(AgentChanges)
        version = expected_version(request, body)
        body.pop("version", None)
        removed = body.pop("removed", None)
        agent = self._agent(slug, Need.ADMIN)
        agent = registry.update_agent(
            actor=self.actor, agent=agent, changes=_resolved(agent.project, body), expected_version=version
        )
        if removed is not None:
            agent = _remove_or_restore(self.actor, agent, removed)
        return self._shown(agent)

    @extend_schema(operation_id="remove_agent", parameters=[ProjectParameter], responses={204: None})
    def delete(self, request: Request, slug: str) -> Response:
        """Take an agent out of service; its history stays."""
        registry.remove_agent(actor=self.actor, agent=self._agent(slug, Need.ADMIN))
        return self.respond(None, status=204)

    def _agent(self, slug: str, need: Need) -> Agent:
        return get_agent(self.actor, slug, need, project_slug=self.query(ProjectParameter).get("project", ""))

    def _shown(self, agent: Agent) -> Response:
        return self.respond(agent_json(agent, timezone.now()), headers={"ETag": etag_for(agent.version)})


def _remove_or_restore(actor: Any, agent: Agent, removed: bool) -> Agent:
    act = registry.remove_agent if removed else registry.restore_agent
    return act(actor=actor, agent=agent)


def _resolved(project: Project, body: dict[str, Any]) -> dict[str, Any]:
    """The body with its lists free of repetitions and its operator looked up."""
    fields: dict[str, Any] = {
        name: list(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in body.items()
    }
    if fields.get("operator"):
        fields["operator"] = get_operator(project, fields["operator"])
    return fields
