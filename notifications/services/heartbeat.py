"""What a heartbeat answers about notifications."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from agents.services import heartbeat_parts
from notifications.models import Notification
from notifications.queries.agent_inbox import OPEN
from notifications.services.agent_inbox import pull
from notifications.services.letters import shown

LIMIT = 20


def notifications_part(agent_id: UUID, limit: int = LIMIT) -> dict[str, Any]:
    """The oldest unacknowledged notifications with the cursor to acknowledge them by, for one query.

    They come without the full message, which `GET /agent/notifications` has.
    """
    rows = pull(agent_id=agent_id, limit=limit)
    cursor = str(rows[-1].pk) if rows else None
    return {"notifications": [shown(row) for row in rows], "notifications_cursor": cursor}


def register() -> None:
    """Let heartbeats answer notifications; agents without any are not asked further."""
    heartbeat_parts.register(
        "notifications",
        lambda agent: notifications_part(agent.pk),
        waiting=_waiting,
        empty={"notifications": [], "notifications_cursor": None},
    )


def _waiting() -> Exists:
    return Exists(Notification.objects.filter(agent_id=OuterRef("pk"), state__in=OPEN))
