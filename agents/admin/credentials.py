"""What lets agents and services in: keys, tokens and sessions, none of which is shown."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from agents.models import AgentKey, AgentSession, ServiceToken
from agents.services import keys, sessions
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import HouseRows, ReadOnlyInline, each


class AgentKeyInline(ReadOnlyInline):
    """An agent's keys, known by their prefixes."""

    model = AgentKey
    fields = ["prefix", "created_at", "last_used_at", "expires_at", "revoked_at"]


@admin.register(AgentKey)
class AgentKeyAdmin(HouseRows):
    """Keys of agents; the keys themselves are nowhere."""

    list_display = ["prefix", "agent", "created_at", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["agent__project", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["prefix", "agent__slug"]
    list_select_related = ["agent"]
    date_hierarchy = "created_at"
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke, at once", permissions=["operate"])
    def revoke(self, request: HttpRequest, rows: QuerySet[AgentKey]) -> None:
        """Their holders are shut out with the next request."""

        def act(actor: Actor, key: AgentKey) -> None:
            keys.revoke_key(actor=actor, agent=key.agent, prefix=key.prefix)

        each(self, request, rows.select_related("agent__project"), act, "Keys revoked")


@admin.register(ServiceToken)
class ServiceTokenAdmin(HouseRows):
    """Tokens of services; the tokens themselves are nowhere."""

    list_display = ["name", "project", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    list_filter = ["project", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "prefix"]
    list_select_related = ["project"]
    date_hierarchy = "created_at"
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke, at once", permissions=["operate"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ServiceToken]) -> None:
        """Their holders are shut out with the next request."""

        def act(actor: Actor, token: ServiceToken) -> None:
            keys.revoke_service_token(actor=actor, token=token)

        each(self, request, rows.select_related("project"), act, "Tokens revoked")


@admin.register(AgentSession)
class AgentSessionAdmin(HouseRows):
    """Sessions of agents' runtimes."""

    list_display = ["prefix", "agent", "created_at", "last_used_at", "expires_at", "ended_at"]
    list_filter = ["agent__project", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["prefix", "agent__slug"]
    list_select_related = ["agent"]
    date_hierarchy = "created_at"
    exclude = ["digest"]
    actions = ["end"]

    @admin.action(description="End, at once", permissions=["operate"])
    def end(self, request: HttpRequest, rows: QuerySet[AgentSession]) -> None:
        """The tool endpoints refuse them with the next request."""

        def act(actor: Actor, session: AgentSession) -> None:
            sessions.end_session(actor=actor, agent=session.agent, prefix=session.prefix)

        each(self, request, rows.select_related("agent__project"), act, "Sessions ended")
