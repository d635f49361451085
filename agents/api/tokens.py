"""Service tokens over HTTP: listed without their secrets, made once, revoked."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.tokens import TOKENS, NewTokenAnswer
from agents.api.keys import YEAR_S
from agents.models import Scope, ServiceToken
from agents.services import keys
from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    IntegerField,
    LineField,
    ListField,
    StrictSerializer,
)
from missioncontrol.kernel.api.views import ApiView
from tasks.services.access import Need, get_project

SHOWN = ("id", "name", "prefix", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
ORDERINGS = {"created": ("created_at", "id"), "name": ("name", "id")}


class NewTokenBody(StrictSerializer):
    """POST /projects/{slug}/tokens; without `expires_in_s` it works until it is revoked."""

    name = LineField(max_length=150)
    scopes = ListField(child=ChoiceField(choices=Scope.choices), allow_empty=False, max_length=len(Scope))
    expires_in_s = IntegerField(min_value=60, max_value=5 * YEAR_S, required=False, allow_null=True)


class TokenList(ApiView):
    """GET and POST /projects/{slug}/tokens."""

    answers_secret = True

    @extend_schema(operation_id="list_tokens", responses=TOKENS)
    def get(self, request: Request, slug: str) -> Response:
        """The project's tokens: prefixes, scopes and times, never a token."""
        rows = ServiceToken.objects.filter(project=get_project(self.actor, slug, Need.ADMIN))
        return self.respond(page(rows, request, ordering="-created", allowed=ORDERINGS, row=_shown))

    @extend_schema(operation_id="create_token", request=NewTokenBody, responses={201: NewTokenAnswer})
    def post(self, request: Request, slug: str) -> Response:
        """Make a token, shown once; every token may read."""
        body = self.read_body(NewTokenBody)
        project = get_project(self.actor, slug, Need.ADMIN)
        made = keys.create_service_token(actor=self.actor, project=project, **body)
        answer = {"token": made.secret, "prefix": made.prefix, "expires_at": made.expires_at}
        return self.respond(answer, status=201)


class TokenDetail(ApiView):
    """DELETE /projects/{slug}/tokens/{token}."""

    @extend_schema(operation_id="revoke_token", responses={204: None})
    def delete(self, request: Request, slug: str, token: str) -> Response:
        """Revoke a token, at once."""
        project = get_project(self.actor, slug, Need.ADMIN)
        keys.revoke_service_token(actor=self.actor, token=keys.get_service_token(project, token))
        return self.respond(None, status=204)


def _shown(token: ServiceToken) -> dict[str, object]:
    return {name: getattr(token, name) for name in SHOWN}
