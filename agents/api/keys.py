"""Keys over HTTP: seen by their prefix, rotated, revoked."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.agents import KEYS, NewKeyAnswer
from agents.api.narrowing import ProjectParameter
from agents.models import AgentKey
from agents.services import keys
from agents.services.access import get_agent
from missioncontrol.kernel.api.serializers import IntegerField, StrictSerializer
from missioncontrol.kernel.api.views import ApiView
from tasks.services.access import Need

YEAR_S = 366 * 86_400


class Rotation(StrictSerializer):
    """POST /agents/{slug}/keys; both in seconds."""

    overlap_s = IntegerField(min_value=0, max_value=30 * 86_400, required=False)
    expires_in_s = IntegerField(min_value=60, max_value=5 * YEAR_S, required=False, allow_null=True)


class KeyList(ApiView):
    """GET and POST /agents/{slug}/keys."""

    answers_secret = True

    @extend_schema(operation_id="list_agent_keys", parameters=[ProjectParameter], responses=KEYS)
    def get(self, request: Request, slug: str) -> Response:
        """The agent's keys: prefixes and times, never a key."""
        project = self.query(ProjectParameter).get("project", "")
        agent = get_agent(self.actor, slug, Need.ADMIN, project_slug=project)
        return self.respond({"results": [_shown(key) for key in agent.keys.all()], "next": None})

    @extend_schema(
        operation_id="rotate_agent_key",
        parameters=[ProjectParameter],
        request=Rotation,
        responses={201: NewKeyAnswer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Rotate: a new key, shown once; the old ones work until the overlap ends (a day when not said)."""
        body = self.read_body(Rotation)
        project = self.query(ProjectParameter).get("project", "")
        agent = get_agent(self.actor, slug, Need.ADMIN, project_slug=project)
        made = keys.rotate_key(actor=self.actor, agent=agent, **body)
        answer = {"key": made.secret, "prefix": made.prefix, "expires_at": made.expires_at}
        return self.respond(answer, status=201)


class KeyDetail(ApiView):
    """DELETE /agents/{slug}/keys/{prefix}."""

    @extend_schema(operation_id="revoke_agent_key", parameters=[ProjectParameter], responses={204: None})
    def delete(self, request: Request, slug: str, prefix: str) -> Response:
        """Revoke one key, at once."""
        project = self.query(ProjectParameter).get("project", "")
        agent = get_agent(self.actor, slug, Need.ADMIN, project_slug=project)
        keys.revoke_key(actor=self.actor, agent=agent, prefix=prefix)
        return self.respond(None, status=204)


def _shown(key: AgentKey) -> dict[str, object]:
    names = ("prefix", "created_at", "last_used_at", "expires_at", "revoked_at")
    return {name: getattr(key, name) for name in names}
