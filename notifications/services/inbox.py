"""What a person does with their notifications."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Forbidden, NotFound
from notifications.models import Notification
from notifications.queries.inbox import notifications_of

Listener = Callable[[int], None]
_listeners: list[Listener] = []


def on_read(listener: Listener) -> None:
    """Call `listener(user_id)` after each commit by which a person read something, so that bells agree."""
    if listener not in _listeners:
        _listeners.append(listener)


def mark_read(*, actor: Actor, notification_id: int) -> Notification:
    """The person has read one notification; again is fine. Raises NotFound, or Forbidden for anyone but people."""
    user_id = _person(actor)
    row = notifications_of(actor).filter(pk=notification_id).first()
    if row is None:
        raise NotFound("There is no such notification.")
    if row.read_at is None:
        row.read_at = timezone.now()
        Notification.objects.filter(pk=row.pk, read_at__isnull=True).update(read_at=row.read_at)
        _announce(user_id)
    return row


def mark_all_read(*, actor: Actor) -> int:
    """The person has read everything. Returns how many were unread. Raises Forbidden for anyone but people."""
    user_id = _person(actor)
    unread = Notification.objects.filter(user_id=user_id, read_at__isnull=True)
    read = unread.update(read_at=timezone.now())
    if read:
        _announce(user_id)
    return read


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise Forbidden("Only people have a bell.", extra={"next_action": "Use GET /agent/notifications."})
    return actor.user_id


def _announce(user_id: int) -> None:
    def tell() -> None:
        for listener in _listeners:
            listener(user_id)

    transaction.on_commit(tell, robust=True)
