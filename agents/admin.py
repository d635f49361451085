"""Agents in Django's admin: everything to read, orders and settings through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from agents.models import (
    ActivityEntry,
    Agent,
    AgentDocument,
    AgentDocumentVersion,
    AgentKey,
    AgentSession,
    Alert,
    Approval,
    ApprovalDecision,
    ExecutionRequest,
    LoopDetection,
    ResponseRequest,
    ServiceToken,
)
from agents.services import alerts, control, decisions, keys, sessions
from agents.services.registry import EDITABLE, update_agent
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.admin import ReadOnlyAdmin, ReadOnlyInline, ServiceAdmin, each

BY = ["actor_kind", "actor_name"]
REASON = "Set in the admin."
LISTS = {"skills", "task_types", "tools"}
"""Kept as JSON, whose shape the API checks and a form of the admin would not."""


class AgentKeyInline(ReadOnlyInline):
    """An agent's keys, known by their prefixes."""

    model = AgentKey
    fields = ["prefix", "created_at", "last_used_at", "expires_at", "revoked_at"]


@admin.register(Agent)
class AgentAdmin(ServiceAdmin):
    """Agents: what they may do is edited, what they shall do is ordered."""

    list_display = ["slug", "name", "project", "level", "state", "health", "last_beat_at", "error_streak"]
    list_filter = ["state", "health", "level", "project"]
    search_fields = ["slug", "name"]
    list_select_related = ["project"]
    date_hierarchy = "created_at"
    inlines = [AgentKeyInline]
    actions = ["resume", "pause", "drain", "quarantine"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """All but what the registry edits and a form can check."""
        return [field.name for field in Agent._meta.fields if field.name not in set(EDITABLE) - LISTS]

    def changed(self, actor: Actor, row: Any, changes: dict[str, Any], form: Any) -> None:
        """With its event."""
        update_agent(actor=actor, agent=row, changes=changes)

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Let them work again."""
        self._order(request, rows, "resume")

    @admin.action(description="Pause")
    def pause(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Let them write nothing."""
        self._order(request, rows, "pause")

    @admin.action(description="Drain")
    def drain(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Let them finish and start nothing."""
        self._order(request, rows, "drain")

    @admin.action(description="Quarantine")
    def quarantine(self, request: HttpRequest, rows: QuerySet[Agent]) -> None:
        """Take their tasks away and let them only read."""
        self._order(request, rows, "quarantine")

    def _order(self, request: HttpRequest, rows: QuerySet[Agent], action: str) -> None:
        def act(actor: Actor, agent: Agent) -> None:
            control.order(actor=actor, agent=agent, action=action, reason=REASON)

        each(self, request, rows.select_related("project"), act, f"Agents told to {action}")


class HouseRows(ReadOnlyAdmin):
    """Rows that only the house and the API write."""

    show_full_result_count = False
    list_per_page = 50


@admin.register(AgentKey)
class AgentKeyAdmin(HouseRows):
    """Keys of agents; the keys themselves are nowhere."""

    list_display = ["prefix", "agent", "created_at", "last_used_at", "expires_at", "revoked_at"]
    list_filter = ["agent__project"]
    search_fields = ["prefix", "agent__slug"]
    list_select_related = ["agent"]
    date_hierarchy = "created_at"
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke, at once")
    def revoke(self, request: HttpRequest, rows: QuerySet[AgentKey]) -> None:
        """Their holders are shut out with the next request."""

        def act(actor: Actor, key: AgentKey) -> None:
            keys.revoke_key(actor=actor, agent=key.agent, prefix=key.prefix)

        each(self, request, rows.select_related("agent__project"), act, "Keys revoked")


@admin.register(ServiceToken)
class ServiceTokenAdmin(HouseRows):
    """Tokens of services; the tokens themselves are nowhere."""

    list_display = ["name", "project", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"]
    list_filter = ["project"]
    search_fields = ["name", "prefix"]
    list_select_related = ["project"]
    date_hierarchy = "created_at"
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description="Revoke, at once")
    def revoke(self, request: HttpRequest, rows: QuerySet[ServiceToken]) -> None:
        """Their holders are shut out with the next request."""

        def act(actor: Actor, token: ServiceToken) -> None:
            keys.revoke_service_token(actor=actor, token=token)

        each(self, request, rows.select_related("project"), act, "Tokens revoked")


@admin.register(AgentSession)
class AgentSessionAdmin(HouseRows):
    """Sessions of agents' runtimes."""

    list_display = ["prefix", "agent", "created_at", "last_used_at", "expires_at", "ended_at"]
    search_fields = ["prefix", "agent__slug"]
    list_select_related = ["agent"]
    date_hierarchy = "created_at"
    exclude = ["digest"]
    actions = ["end"]

    @admin.action(description="End, at once")
    def end(self, request: HttpRequest, rows: QuerySet[AgentSession]) -> None:
        """The tool endpoints refuse them with the next request."""

        def act(actor: Actor, session: AgentSession) -> None:
            sessions.end_session(actor=actor, agent=session.agent, prefix=session.prefix)

        each(self, request, rows.select_related("agent__project"), act, "Sessions ended")


@admin.register(ActivityEntry)
class ActivityEntryAdmin(HouseRows):
    """What agents told about themselves."""

    list_display = ["agent", "health", "task", "progress", "note", "at"]
    list_filter = ["health"]
    search_fields = ["agent__slug", "task__key", "note"]
    list_select_related = ["agent", "task"]
    date_hierarchy = "at"


class DocumentVersionInline(ReadOnlyInline):
    """What a document said, version by version."""

    model = AgentDocumentVersion
    fields = ["version", *BY, "at"]


@admin.register(AgentDocument)
class AgentDocumentAdmin(HouseRows):
    """Documents agents keep."""

    list_display = ["agent", "kind", "date", "version", "updated_at"]
    list_filter = ["kind"]
    search_fields = ["agent__slug", "content"]
    list_select_related = ["agent"]
    date_hierarchy = "updated_at"
    inlines = [DocumentVersionInline]


@admin.register(AgentDocumentVersion)
class AgentDocumentVersionAdmin(HouseRows):
    """Versions of documents, append-only."""

    list_display = ["document", "version", *BY, "at"]
    search_fields = ["document__agent__slug", "content"]
    list_select_related = ["document"]
    date_hierarchy = "at"


class DecisionInline(ReadOnlyInline):
    """Who said yes and who said no."""

    model = ApprovalDecision
    fields = ["approve", *BY, "reason", "at"]


@admin.register(Approval)
class ApprovalAdmin(HouseRows):
    """What people were asked to allow."""

    list_display = ["summary", "project", "task", "action_type", "risk", "status", *BY, "expires_at"]
    list_filter = ["status", "risk", "action_type", "project"]
    search_fields = ["summary", "task__key", "actor_name", "=payload_hash"]
    list_select_related = ["project", "task"]
    date_hierarchy = "created_at"
    inlines = [DecisionInline]
    actions = ["expire"]

    @admin.action(description="Expire now: the task is blocked with the reason")
    def expire(self, request: HttpRequest, rows: QuerySet[Approval]) -> None:
        """End pending requests before their time."""

        def act(actor: Actor, approval: Approval) -> None:
            decisions.expire_early(actor=actor, approval=approval)

        each(self, request, rows.select_related("project"), act, "Requests ended")


@admin.register(ApprovalDecision)
class ApprovalDecisionAdmin(HouseRows):
    """Votes, append-only."""

    list_display = ["approval", "approve", *BY, "reason", "at"]
    list_filter = ["approve"]
    search_fields = ["approval__summary", "actor_name"]
    list_select_related = ["approval"]
    date_hierarchy = "at"


@admin.register(Alert)
class AlertAdmin(HouseRows):
    """What an operator should look at."""

    list_display = ["title", "project", "kind", "severity", "state", "count", "last_at", "closed_by"]
    list_filter = ["state", "severity", "kind", "project"]
    search_fields = ["title", "detail", "task__key", "agent__slug"]
    list_select_related = ["project"]
    date_hierarchy = "created_at"
    actions = ["acknowledge", "resolve"]

    @admin.action(description="Acknowledge")
    def acknowledge(self, request: HttpRequest, rows: QuerySet[Alert]) -> None:
        """Somebody looks at it."""
        each(self, request, rows, _acknowledge, "Alerts acknowledged")

    @admin.action(description="Resolve")
    def resolve(self, request: HttpRequest, rows: QuerySet[Alert]) -> None:
        """It is over."""
        each(self, request, rows, _resolve, "Alerts resolved")


def _acknowledge(actor: Actor, alert: Alert) -> None:
    alerts.acknowledge(actor=actor, alert=alert)


def _resolve(actor: Actor, alert: Alert) -> None:
    alerts.resolve(actor=actor, alert=alert)


@admin.register(LoopDetection)
class LoopDetectionAdmin(HouseRows):
    """Tasks that went round in circles, with the evidence."""

    list_display = ["task", "kind", "at"]
    list_filter = ["kind", "project"]
    search_fields = ["task__key"]
    list_select_related = ["task"]
    date_hierarchy = "at"


@admin.register(ExecutionRequest)
class ExecutionRequestAdmin(HouseRows):
    """Tasks handed to executors."""

    list_display = ["task", "executor", "status", "claimed_by", *BY, "created_at", "finished_at"]
    list_filter = ["status", "executor", "project"]
    search_fields = ["task__key", "executor"]
    list_select_related = ["task", "claimed_by"]
    date_hierarchy = "created_at"


@admin.register(ResponseRequest)
class ResponseRequestAdmin(HouseRows):
    """Questions to others, and whether they were answered."""

    list_display = ["task", *BY, "agent", "user", "state", "created_at", "closed_at"]
    list_filter = ["state", "project"]
    search_fields = ["task__key", "agent__slug", "user__username", "actor_name"]
    list_select_related = ["task", "agent", "user"]
    date_hierarchy = "created_at"
