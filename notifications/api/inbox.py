"""The bell: what a person was told, and what they have read."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from missioncontrol.kernel.api.pagination import page
from missioncontrol.kernel.api.serializers import BooleanField, ChoiceField, FilterSerializer
from missioncontrol.kernel.api.serializers import SlugField as Slug
from missioncontrol.kernel.api.views import ApiView
from missioncontrol.kernel.errors import Forbidden
from notifications.api.numbers import number
from notifications.models import Notification, NotificationType
from notifications.queries.inbox import notifications_of, unread_count
from notifications.services import inbox


class NotificationFilters(FilterSerializer):
    """What the list can be narrowed to."""

    unread = BooleanField(required=False)
    type = ChoiceField(choices=NotificationType.choices, required=False)
    project = Slug(required=False)


def notification_json(row: Notification) -> dict[str, Any]:
    """A notification as its reader sees it."""
    return {
        "id": str(row.pk),
        "type": row.type,
        "project": row.project.slug,
        "task": row.task.key if row.task else None,
        "summary": row.summary,
        "actor": {"kind": row.actor_kind, "name": row.actor_name},
        "target": {"type": row.target_type, "id": row.target_id},
        "event": row.seq,
        "created_at": row.created_at,
        "read_at": row.read_at,
    }


class NotificationsView(ApiView):
    """The person's notifications, newest first, with how many are unread."""

    @extend_schema(
        summary="My notifications", parameters=[NotificationFilters], responses={200: dict[str, Any]}
    )
    def get(self, request: Request) -> Response:
        """One page, and `unread` over all of them."""
        user_id = self.actor.user_id
        if user_id is None:
            raise Forbidden(
                "Only people have a bell.", extra={"next_action": "Use GET /agent/notifications."}
            )
        rows = notifications_of(self.actor)
        given = self.query(NotificationFilters)
        if "unread" in given:
            rows = rows.filter(read_at__isnull=given["unread"])
        if "type" in given:
            rows = rows.filter(type=given["type"])
        if "project" in given:
            rows = rows.filter(project__slug=given["project"])
        answer = page(rows, request, ordering="-created", allowed={"created": ("id",)}, row=notification_json)
        return self.respond({**answer, "unread": unread_count(user_id)})


class ReadView(ApiView):
    """One notification was read."""

    @extend_schema(summary="Mark a notification read", request=None, responses={200: dict[str, Any]})
    def post(self, request: Request, ref: str) -> Response:
        """The notification, with when it was read."""
        return self.respond(notification_json(inbox.mark_read(actor=self.actor, notification_id=number(ref))))


class ReadAllView(ApiView):
    """Everything was read."""

    @extend_schema(summary="Mark all notifications read", request=None, responses={200: dict[str, Any]})
    def post(self, request: Request) -> Response:
        """How many were unread."""
        return self.respond({"read": inbox.mark_all_read(actor=self.actor), "unread": 0})
