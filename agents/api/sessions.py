"""Sessions over HTTP."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.caller import agent_of
from agents.api.descriptions.agents import NewSessionAnswer
from agents.services import sessions
from missioncontrol.kernel.api.serializers import IntegerField, StrictSerializer
from missioncontrol.kernel.api.views import ApiView


class SessionBody(StrictSerializer):
    """How long the session lasts, in seconds."""

    ttl_s = IntegerField(
        min_value=sessions.MIN_TTL_S,
        max_value=sessions.MAX_TTL_S,
        required=False,
        default=sessions.DEFAULT_TTL_S,
    )


class SessionList(ApiView):
    """POST /agent/sessions."""

    answers_secret = True

    @extend_schema(operation_id="open_session", request=SessionBody, responses={201: NewSessionAnswer})
    def post(self, request: Request) -> Response:
        """Open a session for the tool endpoints; its key is shown once."""
        body = self.read_body(SessionBody)
        agent, _ = agent_of(self.credential)
        opened = sessions.open_session(actor=self.actor, agent=agent, ttl_s=body["ttl_s"])
        answer = {"session_key": opened.key, "prefix": opened.prefix, "expires_at": opened.expires_at}
        return self.respond(answer, status=201)


class SessionDetail(ApiView):
    """DELETE /agent/sessions/{prefix}."""

    @extend_schema(operation_id="end_session", responses={204: None})
    def delete(self, request: Request, prefix: str) -> Response:
        """End a session, at once."""
        agent, _ = agent_of(self.credential)
        sessions.end_session(actor=self.actor, agent=agent, prefix=prefix)
        return self.respond(None, status=204)
