"""The event stream as JSON, by number: the same events that the sockets push."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.serializers import FilterSerializer, IntegerField
from missioncontrol.kernel.api.serializers import SlugField as Slug
from missioncontrol.kernel.api.views import ApiView
from notifications.live.frames import event_message
from notifications.queries.stream import Head, events_after, head_of
from tasks.models import Event
from tasks.services.access import get_project

BIGGEST = 2**53


class EventFilters(FilterSerializer):
    """Which project, from which number on, and how many."""

    paged = False
    project = Slug()
    after = IntegerField(min_value=0, max_value=BIGGEST, required=False, default=0)
    limit = IntegerField(min_value=1, max_value=200, required=False, default=50)


class EventsView(ApiView):
    """A project's events, oldest first."""

    @extend_schema(summary="Events by number", parameters=[EventFilters], responses={200: dict[str, Any]})
    def get(self, request: Request) -> Response:
        """At most `limit` events above `after`; `resync` says that older ones than asked for are gone."""
        given = self.query(EventFilters)
        project = get_project(self.actor, given["project"])
        head = head_of(project.pk)
        events = events_after(project.pk, given["after"], limit=given["limit"])
        return self.respond(
            {
                "results": [event_message(event) for event in events],
                "next": self._next(request, events, head),
                "epoch": head.epoch,
                "head": head.seq,
                "resync": not head.serves(given["after"]),
            }
        )

    def _next(self, request: Request, events: list[Event], head: Head) -> str | None:
        if not events or events[-1].seq >= head.seq:
            return None
        params = request.query_params.copy()
        params["after"] = str(events[-1].seq)
        return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")
