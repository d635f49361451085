"""What the tool endpoints under /agent/ share: how a runtime signs in, and how it is answered.

Runtimes of agents call these with the key of a session (`X-OpenClaw-Session-Key`) or with an agent key. Answers are
`{"success": true, ...}` or `{"success": false, "error": "..."}`: 400 for bad JSON or a missing field, 401 without a
session, 404, 405, and 422 for everything that is understood but refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.authentication import BearerAuthentication
from agents.api.caller import agent_of
from agents.models import Agent
from agents.services.credentials import MachineCredential, check_session
from missioncontrol.kernel.api.parsers import StrictJSONParser
from missioncontrol.kernel.api.problems import as_domain_error, headers_for
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import DomainError, Unauthenticated

SESSION_HEADER = "HTTP_X_OPENCLAW_SESSION_KEY"
METHODS = ("POST", "OPTIONS")
REFUSED = {403, 409}
"""Refusals of the rules of work, which runtimes know as 422."""

MISSING = {"required", "null", "blank", "empty"}


class SessionKeyAuthentication(BaseAuthentication):
    """The key of a session; a request that shows one is judged by it alone."""

    def authenticate(self, request: Request) -> tuple[None, MachineCredential] | None:
        """The session's agent, or None where there is no header; raises Unauthenticated (401)."""
        key = request.META.get(SESSION_HEADER)
        return None if key is None else (None, check_session(key.strip()))

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


class AgentKeyAuthentication(BearerAuthentication):
    """An agent's key; a service's token opens no session of an agent."""

    def authenticate(self, request: Request) -> tuple[None, MachineCredential] | None:
        """The agent, or None where there is no header; raises Unauthenticated (401)."""
        found = super().authenticate(request)
        if found is not None and found[1].agent is None:
            raise Unauthenticated("These endpoints are for agents.")
        return found


class AnyTypeJSONParser(StrictJSONParser):
    """JSON, whatever the runtime calls it."""

    media_type = "*/*"


class ToolView(ApiView):
    """An endpoint that an agent's runtime calls as a tool."""

    authentication_classes = [SessionKeyAuthentication, AgentKeyAuthentication]
    parser_classes = [AnyTypeJSONParser]

    @property
    def agent(self) -> Agent:
        """The agent that calls."""
        return agent_of(self.credential)[0]

    def done(self, **members: Any) -> Response:
        """The answer to a call that did what it should."""
        return self.respond({"success": True, **members})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Another method is refused before anybody is asked who they are."""
        if request.method not in METHODS:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Callable[[Exception, Mapping[str, Any]], Response | None]:
        """Refusals in the manner of tools instead of problem documents."""
        return refusal


def refusal(exc: Exception, _context: Mapping[str, Any]) -> Response | None:
    """`{"success": false, "error": ...}` for `exc`, or None for an error nobody foresaw (a 500)."""
    error = as_domain_error(exc)
    if error is None:
        return None
    headers = headers_for(error)
    if error.status == 405:
        headers["Allow"] = ", ".join(METHODS)
    body = {
        **error.extra,
        "success": False,
        "error": _told(error),
        "code": error.code,
        "errors": [field.as_dict() for field in error.errors],
    }
    return Response(body, status=_status(exc, error), headers=headers)


def _status(exc: Exception, error: DomainError) -> int:
    if isinstance(exc, ValidationError):
        return 400 if _lacks(exc.get_codes()) else 422
    return 422 if error.status in REFUSED else error.status


def _lacks(codes: Any) -> bool:
    """Whether a field is missing, or the body is no object at all."""
    if isinstance(codes, Mapping):
        return "non_field_errors" in codes or any(_lacks(value) for value in codes.values())
    if isinstance(codes, list):
        return any(_lacks(value) for value in codes)
    return codes in MISSING


def _told(error: DomainError) -> str:
    if error.code != "invalid" or not error.errors:
        return error.message
    return " ".join(f"{field.field}: {field.message}" for field in error.errors)
