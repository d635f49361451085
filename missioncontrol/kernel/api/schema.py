"""What the OpenAPI description says of every endpoint, so that no view has to say it again."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from missioncontrol.kernel.api.problems import PROBLEM_TYPE

Described = serializers.Serializer[Any]
"""What an answer's description is made from: it says what the OpenAPI document shows, and turns nothing into JSON."""


class ProblemField(Described):
    """One thing that is wrong."""

    field = serializers.CharField(help_text="Dotted path into the body, or the name of a query parameter.")
    message = serializers.CharField()


class Problem(Described):
    """A refusal (RFC 9457). Further members may follow, such as `allowed_transitions`."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, one word: what a program decides by.")
    errors = ProblemField(many=True)  # type: ignore[assignment]
    retryable = serializers.BooleanField(required=False)
    retry_after_s = serializers.IntegerField(required=False)
    next_action = serializers.CharField(
        required=False, help_text="What to do now, as one imperative sentence."
    )


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="1 to 255 visible ASCII characters. The same request under it is answered once, for 24 hours.",
)


class ApiSchema(AutoSchema):
    """Adds the problem document to every operation and the `Idempotency-Key` to every POST and PATCH."""

    def get_override_parameters(self) -> list[Any]:
        """The parameters that come from outside the view."""
        keyed = self.method in {"POST", "PATCH"} and getattr(self.view, "idempotency", "off") != "off"
        return [*super().get_override_parameters(), *([IDEMPOTENCY_KEY] if keyed else [])]

    def get_operation_id(self) -> str:
        """The method and the words of the path, so that no two are alike."""
        path = self.path.removeprefix("/api/v1").strip("/").replace("{", "by_").replace("}", "")
        return f"{self.method.lower()}_{re.sub('[^0-9a-z]+', '_', path.lower())}"

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        described: Any = self._get_response_for_code
        problem = described(Problem, "default", media_types=[PROBLEM_TYPE], direction=direction)
        return {**bodies, "default": {**problem, "description": "Refused"}}


class StrictBodies(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Bodies take no field that is not described."""

    target_class = "missioncontrol.kernel.api.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """The serializer's own description, with nothing beside it."""
        described: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]
            self.target, direction, bypass_extensions=True
        )
        return {**described, "additionalProperties": False}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """People in a browser."""

    target_class = "missioncontrol.kernel.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """The session's cookie; unsafe methods also need the CSRF token."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The session of a signed-in person; unsafe methods also send `X-CSRFToken`.",
        }


def listed(row: type[Described]) -> Described:
    """The answer of a list whose rows are described by `row`: `{"results": [...], "next": url or null}`."""
    return inline_serializer(
        f"{row.__name__}List",
        {"results": row(many=True), "next": serializers.URLField(allow_null=True)},
    )
