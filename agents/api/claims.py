"""Claiming, renewing and giving back over HTTP."""

from __future__ import annotations

import time
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.errors import BoardFull
from agents.queries.budgets import budget_left
from agents.queries.why import why
from agents.services import work_signal
from agents.services.claims import Claim, claim
from agents.services.credentials import check_header
from agents.services.leasing import release, renew
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.schema import Described
from missioncontrol.kernel.api.serializers import IntegerField, LineField, StrictSerializer, TextField
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Forbidden
from missioncontrol.kernel.transactions import unit
from missioncontrol.kernel.waiting import rest, waiting_of
from tasks.api.descriptions import LeaseAnswer, TaskAnswer
from tasks.api.representation import for_claim, lease_json, task_json
from tasks.modes import Act
from tasks.services.access import Need, get_task

MAX_WAIT_S = 55


class ClaimBody(StrictSerializer):
    """What a claim may say. Times are in seconds."""

    task = LineField(required=False, help_text="Id or key; without it the server picks the next one.")
    wait_s = IntegerField(required=False, default=0, min_value=0, max_value=MAX_WAIT_S)
    lease_s = IntegerField(required=False, default=None, allow_null=True, min_value=10, max_value=86_400)


class ReleaseBody(StrictSerializer):
    """What giving a task back may say."""

    handover = TextField(required=False, default="", allow_blank=True)
    lease_token = IntegerField(required=False, default=None, allow_null=True, min_value=0)


class RenewBody(StrictSerializer):
    """What keeping a lease may say."""

    lease_token = IntegerField(required=False, default=None, allow_null=True, min_value=0)


class RenewAnswer(Described):
    """A lease kept."""

    task = serializers.CharField()
    lease = LeaseAnswer()
    server_now = serializers.DateTimeField()


class ClaimAnswer(Described):
    """A claimed task with its lease."""

    task = TaskAnswer()
    lease = LeaseAnswer()
    budget_left = serializers.DictField(allow_null=True)
    server_now = serializers.DateTimeField()


class ClaimView(ApiView):
    """POST `/agent/claim`: the next task, or the named one."""

    idempotency = "manual"

    @extend_schema(
        request=ClaimBody,
        responses={
            200: ClaimAnswer,
            202: OpenApiResponse(description="An operator must approve the claim first."),
            204: OpenApiResponse(description="Nothing to do."),
            409: OpenApiResponse(description="Lost, at capacity, or a column is full (`board_full`)."),
        },
    )
    def post(self, request: Request) -> Response:
        """Claim, waiting up to `wait_s` seconds for work to appear."""
        actor = _agent(self.actor)
        body = self.read_body(ClaimBody)
        waiting = waiting_of(request._request)
        wait_s = body["wait_s"] if waiting.may_wait and not body.get("task") else 0
        deadline = time.monotonic() + wait_s
        assert actor.project_id is not None
        while True:
            seen = work_signal.version(actor.project_id)
            answer, full = self._try(actor, body)
            left = deadline - time.monotonic()
            if answer is not None or left <= 0 or waiting.gone.is_set():
                if full is not None:
                    raise full
                return answer or Response(status=204)
            rest()
            work_signal.wait(actor.project_id, seen, left)
            check_header(request.headers.get("Authorization", ""))

    def _try(self, actor: Actor, body: dict[str, Any]) -> tuple[Response | None, BoardFull | None]:
        """The answer, or that the board is full, which waiting may change; neither when there is nothing to do."""
        try:
            with unit():
                outcome = claim(actor=actor, task_ref=body.get("task"), lease_s=body["lease_s"])
                if outcome is None:
                    return None, None
                answer = _answer(outcome, actor)
                vars(self.request)["idempotency"].store(answer)
                return answer, None
        except BoardFull as full:
            return None, full


class ReleaseView(ApiView):
    """POST `/tasks/{task}/release`: give it back."""

    @extend_schema(request=ReleaseBody, responses={200: TaskAnswer})
    def post(self, request: Request, task: str) -> Response:
        """Give the task back to the pool, with a word for the next one."""
        actor = _agent(self.actor)
        body = self.read_body(ReleaseBody)
        found = release(actor=actor, task=get_task(actor, task, Need.WRITE), **body)
        return self.respond(task_json(found, actor, database_now()))


class RenewView(ApiView):
    """POST `/tasks/{task}/renew`: keep the lease."""

    @extend_schema(request=RenewBody, responses={200: RenewAnswer})
    def post(self, request: Request, task: str) -> Response:
        """Keep the lease for its full length from now."""
        actor = _agent(self.actor)
        body = self.read_body(RenewBody)
        found = renew(actor=actor, task=get_task(actor, task, Need.WRITE), lease_token=body["lease_token"])
        return self.respond({"task": found.key, "lease": lease_json(found), "server_now": database_now()})


class WhyView(ApiView):
    """GET `/tasks/{task}/why`: why nobody has taken it."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, task: str) -> Response:
        """The claim's own predicates, agent by agent."""
        return self.respond(why(get_task(self.actor, task, act=Act.READ), database_now()))


def _agent(actor: Actor) -> Actor:
    if not actor.is_agent:
        raise Forbidden(
            "Only agents claim tasks.", extra={"next_action": "Use an agent key, or assign the task."}
        )
    return actor


def _answer(outcome: Claim, actor: Actor) -> Response:
    if outcome.task is None:
        assert outcome.approval is not None
        waits = {
            "id": str(outcome.approval.pk),
            "status": "pending",
            "expires_at": outcome.approval.expires_at,
        }
        told = {
            "task": None,
            "approval": waits,
            "next_action": "Wait for an operator; claim again once approved.",
        }
        return Response(told, status=202)
    now = database_now()
    return Response(
        {
            "task": for_claim(outcome.task, actor, outcome.agent, now),
            "lease": lease_json(outcome.task),
            "budget_left": budget_left(outcome.agent),
            "server_now": now,
        }
    )
