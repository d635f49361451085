"""What happened to a task, over HTTP: its transitions, everything merged, and the report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core import signing
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.pagination import DEFAULT_LIMIT, MAX_LIMIT, page
from missioncontrol.kernel.api.renderers import dumps
from missioncontrol.kernel.api.serializers import ChoiceField, FilterSerializer, IntegerField, LineField
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import FieldError, Malformed
from tasks.api.thread_shapes import TIMELINE, TRANSITIONS, entry_json, transition_json
from tasks.queries.report import report
from tasks.queries.timeline import RANKS, Entry, Place, timeline, transitions_of
from tasks.services.access import get_task

SALT = "mc.timeline"


class TimelineFilters(FilterSerializer):
    """The pages of a timeline."""

    paged = False
    limit = IntegerField(required=False, min_value=1, max_value=MAX_LIMIT)
    cursor = LineField(required=False, max_length=500)
    ordering = ChoiceField(choices=("at", "-at"), required=False)


class MarkdownRenderer(BaseRenderer):
    """Markdown as it is; a refusal as the problem document it is."""

    media_type = "text/markdown"
    format = "md"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """The body."""
        return data.encode() if isinstance(data, str) else dumps(data)


class AnyRenderer(MarkdownRenderer):
    """For callers that accept anything else: there is only Markdown to be had."""

    media_type = "*/*"


class TaskHistory(ApiView):
    """GET /tasks/{task}/history."""

    @extend_schema(operation_id="list_history", responses=TRANSITIONS)
    def get(self, request: Request, task: str) -> Response:
        """The task's changes of status, oldest first."""
        rows = transitions_of(get_task(self.actor, task))
        allowed = {"at": ("at", "id")}
        self.query(FilterSerializer)
        return self.respond(page(rows, request, ordering="at", allowed=allowed, row=transition_json))


class TaskTimeline(ApiView):
    """GET /tasks/{task}/timeline."""

    @extend_schema(operation_id="list_timeline", parameters=[TimelineFilters], responses=TIMELINE)
    def get(self, request: Request, task: str) -> Response:
        """Messages, reviews, approvals, changes of status and all else that happened to the task, merged."""
        found = get_task(self.actor, task)
        wanted = self.query(TimelineFilters)
        limit, ordering = wanted.get("limit", DEFAULT_LIMIT), wanted.get("ordering", "at")
        after = _read(wanted["cursor"], ordering) if "cursor" in wanted else None
        entries = timeline(found, limit=limit + 1, after=after, newest_first=ordering == "-at")
        shown = entries[:limit]
        following = _next_url(request, ordering, shown[-1]) if len(entries) > limit else None
        return self.respond({"results": [entry_json(entry, found) for entry in shown], "next": following})


class TaskReport(ApiView):
    """GET /tasks/{task}/report."""

    renderer_classes = [MarkdownRenderer, AnyRenderer]

    @extend_schema(operation_id="get_report", responses={(200, "text/markdown"): str})
    def get(self, request: Request, task: str) -> Response:
        """The report of a task as Markdown: header, description, deliverable, costs, timeline."""
        told = report(get_task(self.actor, task), timezone.now())
        return Response(told, content_type="text/markdown; charset=utf-8")


def _next_url(request: Request, ordering: str, last: Entry) -> str:
    place = last.place
    params = request.query_params.copy()
    params["cursor"] = signing.dumps([ordering, place.at.isoformat(), place.rank, place.pk], salt=SALT)
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")


def _read(cursor: str, ordering: str) -> Place:
    try:
        made_for, at, rank, pk = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise _bad_cursor("Not a cursor of this list; start again without one.") from error
    if made_for != ordering or rank not in RANKS:
        raise _bad_cursor("Belongs to another ordering; start again without one.")
    return Place(datetime.fromisoformat(at), rank, pk)


def _bad_cursor(message: str) -> Malformed:
    return Malformed(f"cursor: {message}", errors=[FieldError("cursor", message)], code="bad_query")
