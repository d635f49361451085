"""One decision on several requests over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.descriptions.governance import DecidedAnswer
from agents.services.deciding_together import Outcome, decide_each
from missioncontrol.kernel.api.serializers import (
    ChoiceField,
    LineField,
    ListField,
    StrictSerializer,
    TextField,
)
from missioncontrol.kernel.api.views import ApiView

MOST = 100


class DecideBody(StrictSerializer):
    """POST /approvals/decide: the requests by id, and what is decided on each of them."""

    approvals = ListField(child=LineField(max_length=64), min_length=1, max_length=MOST)
    decision = ChoiceField(choices=[("approve", "Approve"), ("deny", "Deny")])
    reason = TextField(required=False, allow_blank=True, max_length=5000)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A denial is refused as a whole without its reason, rather than request by request."""
        if attrs["decision"] == "deny" and not attrs.get("reason", "").strip():
            raise serializers.ValidationError({"reason": "Say why."})
        return attrs


class Decide(ApiView):
    """POST /approvals/decide."""

    idempotency = "manual"

    @extend_schema(operation_id="decide_requests", request=DecideBody, responses=DecidedAnswer)
    def post(self, request: Request) -> Response:
        """Approve or deny up to 100 requests; each decision stands or is refused on its own."""
        body = self.read_body(DecideBody)
        outcomes = decide_each(
            actor=self.actor,
            refs=body["approvals"],
            approve=body["decision"] == "approve",
            reason=body.get("reason", ""),
        )
        failed = sum(outcome.refusal is not None for outcome in outcomes)
        results = [_told(outcome) for outcome in outcomes]
        return self.respond({"done": len(outcomes) - failed, "failed": failed, "results": results})


def _told(outcome: Outcome) -> dict[str, Any]:
    if outcome.refusal is not None:
        refusal = outcome.refusal
        return {"approval": outcome.ref, "ok": False, "code": refusal.code, "detail": refusal.message}
    status = {"status": outcome.approval.status} if outcome.approval else {}
    return {"approval": outcome.ref, "ok": True, **status}
