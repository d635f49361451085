"""Pull delivery to agents: what is still to be read, and what was acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Forbidden, NotFound
from notifications.delivery import should_deliver
from notifications.models import DeliveryState, Notification
from notifications.queries.agent_inbox import OPEN, open_of
from notifications.services.telling import context_of

MAX_PULL = 50


def pull(*, agent_id: UUID, after: int = 0, limit: int = 20) -> list[Notification]:
    """The oldest notifications the agent has not acknowledged, at most `limit`, numbered above `after`.

    Each is decided again by the task's status now; what is not to be delivered any more is stored as skipped, with
    the reason. One query when nothing is skipped.
    """
    rows = open_of(agent_id, after=after, limit=limit)
    decided = [(row, *should_deliver(_context(row))) for row in rows]
    for row, deliver, reason in decided:
        if not deliver:
            _skip(row, reason)
    delivered = [row for row, deliver, _ in decided if deliver]
    if len(rows) == limit and not delivered:
        return pull(agent_id=agent_id, after=rows[-1].pk, limit=limit)
    return delivered


def mark_delivered(ids: Sequence[int]) -> None:
    """These were pushed to their agent; it has yet to acknowledge them."""
    pending = Notification.objects.filter(pk__in=ids, state=DeliveryState.PENDING)
    pending.update(state=DeliveryState.DELIVERED, delivered_at=timezone.now(), version=F("version") + 1)


def acknowledge(*, actor: Actor, notification_id: int) -> Notification:
    """The agent has read one notification; again is fine. Raises NotFound, or Forbidden for anyone but agents."""
    mine = Notification.objects.filter(agent_id=_agent(actor))
    row = mine.filter(pk=notification_id).first()
    if row is None:
        raise NotFound("There is no such notification.")
    _acknowledge(Q(pk=row.pk))
    row.refresh_from_db()
    return row


def acknowledge_up_to(*, actor: Actor, up_to: int) -> int:
    """The agent has read everything up to and including the cursor. Returns how many were still open."""
    return _acknowledge(Q(agent_id=_agent(actor), pk__lte=up_to))


def _acknowledge(which: Q) -> int:
    now = timezone.now()
    return Notification.objects.filter(which, state__in=OPEN).update(
        state=DeliveryState.ACKNOWLEDGED,
        acknowledged_at=now,
        delivered_at=Coalesce("delivered_at", now),
        version=F("version") + 1,
    )


def _agent(actor: Actor) -> UUID:
    if actor.agent_id is None:
        raise Forbidden("Only agents have an inbox here.", extra={"next_action": "Use GET /notifications."})
    return actor.agent_id


def _context(row: Any) -> Any:
    reviews = row.task is not None and row.task.reviewer_agent_id == row.agent_id
    return context_of(row, row.agent, row.task, is_assigned=row.assigned, is_reviewer=reviews)


def _skip(row: Notification, reason: str) -> None:
    Notification.objects.filter(pk=row.pk, state__in=OPEN).update(
        state=DeliveryState.SKIPPED, reason=reason[:200], version=F("version") + 1
    )
