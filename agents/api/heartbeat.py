"""The heartbeat and the question who one is, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.caller import agent_of
from agents.api.descriptions.heartbeat import ME, PulseAnswer
from agents.api.representation import agent_json, approval_brief, lease_json, task_brief
from agents.models import Agent, Health
from agents.queries.budgets import budget_left
from agents.services.claims import Claim
from agents.services.heartbeat import MAX_WANTED, Beat, Pulse, beat
from agents.services.pulse import Report
from missioncontrol.kernel.api.serializers import (
    BooleanField,
    ChoiceField,
    IntegerField,
    LineField,
    StrictSerializer,
)
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.clock import database_now


class BeatBody(StrictSerializer):
    """POST /agent/heartbeat; every field is optional. Percent and US dollars."""

    health = ChoiceField(choices=Health.choices, required=False)
    current_task = LineField(max_length=64, required=False, allow_null=True, allow_blank=True)
    progress = IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    load = IntegerField(min_value=0, max_value=100, required=False, allow_null=True)
    error = LineField(max_length=500, required=False, allow_null=True, allow_blank=True)
    spend = serializers.DecimalField(
        max_digits=12, decimal_places=4, min_value=0, required=False, allow_null=True
    )
    wanted = IntegerField(min_value=0, max_value=MAX_WANTED, required=False, default=3)
    claim = BooleanField(required=False, default=False)
    note = LineField(max_length=500, required=False, allow_null=True, allow_blank=True)


class Heartbeat(ApiView):
    """POST /agent/heartbeat."""

    @extend_schema(operation_id="heartbeat", request=BeatBody, responses=PulseAnswer)
    def post(self, request: Request) -> Response:
        """Take a sign of life; answer what is there for the agent."""
        body = self.read_body(BeatBody)
        agent, now = agent_of(self.credential)
        said = Beat(
            report=_report(body),
            current_task=body.get("current_task") or "",
            wanted=body["wanted"],
            claim=body["claim"],
        )
        return self.respond(pulse_json(beat(actor=self.actor, agent=agent, said=said, now=now)))


class Me(ApiView):
    """GET /agent/me."""

    @extend_schema(operation_id="me", responses=ME)
    def get(self, request: Request) -> Response:
        """Who the caller is: an agent with its budget, state and flags; anyone else by kind and name."""
        actor = self.actor
        if not actor.is_agent:
            shown: dict[str, Any] = {"kind": actor.kind, "id": actor.id, "name": actor.name}
            return self.respond({**shown, "scopes": sorted(actor.scopes), "server_now": database_now()})
        agent, now = agent_of(self.credential)
        return self.respond({**_me(agent, actor.mode, now), "server_now": now})


def pulse_json(pulse: Pulse) -> dict[str, Any]:
    """The answer to a heartbeat."""
    agent, now = pulse.agent, pulse.now
    return {
        "agent": _brief(agent),
        "directives": [_directive(row) for row in pulse.directives],
        "mode": pulse.mode,
        "budget_left": budget_left(agent),
        "tasks": [task_brief(task, agent, now) for task in pulse.tasks],
        "claimed": _claimed(pulse.claimed, agent, pulse),
        "claim_refused": _refused(pulse),
        "claimable": [task_brief(task, agent, now) for task in pulse.claimable],
        "approvals": [approval_brief(approval) for approval in pulse.approvals],
        **pulse.more,
        "leases": [{"task": task.key, **(lease_json(task, agent, now) or {})} for task in pulse.held],
        "next_beat_due_at": pulse.next_beat_due_at,
        "server_now": now,
    }


def _report(body: dict[str, Any]) -> Report:
    return Report(
        health=body.get("health"),
        progress=body.get("progress"),
        load=body.get("load"),
        error=body.get("error") or "",
        spend=body.get("spend"),
        note=body.get("note"),
    )


def _me(agent: Agent, mode: str, now: datetime) -> dict[str, Any]:
    shown = agent_json(agent, now)
    return {"kind": "agent", **shown, "mode": mode, "budget_left": budget_left(agent)}


def _brief(agent: Agent) -> dict[str, Any]:
    names = (
        "slug",
        "name",
        "level",
        "state",
        "state_reason",
        "health",
        "error_streak",
        "max_concurrent_tasks",
    )
    return {"id": agent.pk, "project": agent.project.slug, **{name: getattr(agent, name) for name in names}}


def _directive(row: Any) -> dict[str, Any]:
    shown = {"type": row.type, "scope": row.scope, "reason": row.reason}
    return shown | ({"task": row.task} if row.task else {})


def _claimed(claim: Claim | None, agent: Agent, pulse: Pulse) -> dict[str, Any] | None:
    if claim is None:
        return None
    if claim.task is None:
        return {"task": None, "lease": None, "approval": claim.approval.pk if claim.approval else None}
    task = task_brief(claim.task, agent, pulse.now)
    return {"task": task, "lease": lease_json(claim.task, agent, pulse.now)}


def _refused(pulse: Pulse) -> dict[str, Any] | None:
    refusal = pulse.claim_refused
    if refusal is None:
        return None
    return {"code": refusal.code, "detail": refusal.message, **refusal.extra}
