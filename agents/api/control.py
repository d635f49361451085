"""Operators' orders to agents over HTTP."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.agents import AgentAnswer, OrderToAllAnswer
from agents.api.narrowing import ProjectParameter
from agents.api.representation import agent_json
from agents.services import control
from agents.services.access import get_agent
from missioncontrol.kernel.api.serializers import LineField, SlugField, StrictSerializer
from missioncontrol.kernel.api.versions import etag_for
from missioncontrol.kernel.api.views import ApiView
from tasks.services.access import Need, get_project


class OrderBody(StrictSerializer):
    """Why; shown to the agent and in the history."""

    reason = LineField(max_length=500, required=False, allow_blank=True, default="")


class OrderToAllBody(OrderBody):
    """Whose agents."""

    project = SlugField(max_length=60)


class AgentOrder(ApiView):
    """POST /agents/{slug}/pause, /resume, /drain, /quarantine."""

    @extend_schema(parameters=[ProjectParameter], request=OrderBody, responses=AgentAnswer)
    def post(self, request: Request, slug: str, action: str) -> Response:
        """Give the order; the answer is the agent as it is then."""
        body = self.read_body(OrderBody)
        project = self.query(ProjectParameter).get("project", "")
        agent = get_agent(self.actor, slug, Need.OPERATE, project_slug=project)
        agent = control.order(actor=self.actor, agent=agent, action=action, reason=body["reason"])
        return self.respond(agent_json(agent, timezone.now()), headers={"ETag": etag_for(agent.version)})


class OrderToAll(ApiView):
    """POST /agents/pause-all and /agents/resume-all."""

    @extend_schema(request=OrderToAllBody, responses=OrderToAllAnswer)
    def post(self, request: Request, action: str) -> Response:
        """Give the order to every agent of the project; the answer names those whose state changed."""
        body = self.read_body(OrderToAllBody)
        project = get_project(self.actor, body["project"], Need.OPERATE)
        give = control.pause_all if action == "pause" else control.resume_all
        agents = give(actor=self.actor, project=project, reason=body["reason"])
        changed = [{"slug": agent.slug, "state": agent.state} for agent in agents]
        return self.respond({"project": project.slug, "changed": changed})
