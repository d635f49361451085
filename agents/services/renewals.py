"""Keeping the leases of an agent that shows a sign of life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Q, Value, When

from tasks.models import Task
from tasks.services import leases

WORTH_IT = 0.9
"""A lease with more than this part of its length left is not renewed: most beats write nothing."""


def renew_held(*, agent_id: UUID, held: Sequence[Task], now: datetime) -> None:
    """Renew the agent's live leases among `held` for their full length from `now`, with one UPDATE or none.

    A lease that has ended or gone to somebody else meanwhile is left alone. Renewing is no edit: the task's version
    stays, and no event is written.
    """
    due = [task for task in held if _is_worth_it(task, now)]
    if not due:
        return
    ends = {task.pk: leases.renewal(task, now)["lease_expires_at"] for task in due}
    same = Q()
    for task in due:
        same |= Q(pk=task.pk, lease_token=task.lease_token)
    live = Task.objects.filter(same, holder_id=agent_id, lease_expires_at__gt=now)
    live.update(lease_expires_at=Case(*(When(pk=pk, then=Value(end)) for pk, end in ends.items())))
    for task in due:
        task.lease_expires_at = ends[task.pk]


def _is_worth_it(task: Task, now: datetime) -> bool:
    left = (task.lease_expires_at - now).total_seconds() if task.lease_expires_at else 0.0
    return 0 < left < task.lease_s * WORTH_IT
