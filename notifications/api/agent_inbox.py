"""Pull delivery: an agent reads what it has not acknowledged, and acknowledges it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.serializers import FilterSerializer, IntegerField, LineField, StrictSerializer
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import Forbidden
from notifications.api.numbers import number
from notifications.services import agent_inbox
from notifications.services.letters import letters, shown

BIGGEST = 2**53


class PullFilters(FilterSerializer):
    """Where to begin and how many to take."""

    paged = False
    after = IntegerField(min_value=0, max_value=BIGGEST, required=False, default=0)
    limit = IntegerField(min_value=1, max_value=agent_inbox.MAX_PULL, required=False, default=20)


class AckUpTo(StrictSerializer):
    """Everything up to a cursor."""

    up_to = LineField(max_length=18)


class AgentNotificationsView(ApiView):
    """What the agent has not acknowledged, oldest first."""

    @extend_schema(
        summary="My unacknowledged notifications", parameters=[PullFilters], responses={200: dict[str, Any]}
    )
    def get(self, request: Request) -> Response:
        """The oldest ones above `after`, each with its message; `cursor` acknowledges all of them."""
        agent_id = self.actor.agent_id
        if agent_id is None:
            raise Forbidden(
                "Only agents have an inbox here.", extra={"next_action": "Use GET /notifications."}
            )
        given = self.query(PullFilters)
        rows = agent_inbox.pull(agent_id=agent_id, after=given["after"], limit=given["limit"])
        cursor = str(rows[-1].pk) if rows else None
        return self.respond({"results": letters(rows), "cursor": cursor})


class AckView(ApiView):
    """One notification was read."""

    @extend_schema(summary="Acknowledge a notification", request=None, responses={200: dict[str, Any]})
    def post(self, request: Request, ref: str) -> Response:
        """The notification as it is now."""
        row = agent_inbox.acknowledge(actor=self.actor, notification_id=number(ref))
        return self.respond(shown(row))


class AckUpToView(ApiView):
    """Everything up to a cursor was read."""

    @extend_schema(summary="Acknowledge up to a cursor", request=AckUpTo, responses={200: dict[str, Any]})
    def post(self, request: Request) -> Response:
        """How many were still open."""
        up_to = number(self.read_body(AckUpTo)["up_to"])
        return self.respond({"acknowledged": agent_inbox.acknowledge_up_to(actor=self.actor, up_to=up_to)})
