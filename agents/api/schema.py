"""How programs sign in, for the OpenAPI description."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "An agent key (`mca_…`) or a service token (`mcs_…`).",
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Agent keys and service tokens."""

    target_class = "agents.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A bearer key."""
        return BEARER


class AgentKeyScheme(BearerScheme):  # type: ignore[no-untyped-call]
    """Agent keys at the tool endpoints."""

    target_class = "agents.api.tool_view.AgentKeyAuthentication"
    name = "agent_key"


class SessionKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The sessions of agents' runtimes."""

    target_class = "agents.api.tool_view.SessionKeyAuthentication"
    name = "session_key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """A header with the session's key."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-OpenClaw-Session-Key",
            "description": "The key of a session opened with `POST /api/v1/agent/sessions`.",
        }
