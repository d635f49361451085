"""A person's notifications, in projects they may still see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from missioncontrol.kernel.actor import Actor
from notifications.models import Notification
from tasks.models import Membership


def notifications_of(actor: Actor) -> QuerySet[Notification]:
    """Everything the person was told."""
    return _of([actor.user_id]).select_related("task", "project")


def unread_counts(users: Iterable[Any]) -> dict[int, int]:
    """How many notifications each of these people has not read; those with none are left out."""
    unread = _of(users).filter(read_at__isnull=True)
    return dict(unread.order_by().values_list("user_id").annotate(unread=Count("pk")))


def unread_count(user_id: int) -> int:
    """How many notifications the person has not read."""
    return unread_counts([user_id]).get(user_id, 0)


def _of(users: Iterable[Any]) -> QuerySet[Notification]:
    member = Membership.objects.filter(project_id=OuterRef("project_id"), user_id=OuterRef("user_id"))
    visible = (Q(Exists(member)) | Q(user__is_staff=True)) & Q(project__archived_at__isnull=True)
    return Notification.objects.filter(visible, user_id__in=set(users))
