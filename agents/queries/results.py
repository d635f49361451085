"""How the tasks of agents ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q

from tasks.models import Task
from tasks.workflow import Status

COUNTED = timedelta(days=30)
"""What ended longer ago says little about an agent today."""


@dataclass(frozen=True, slots=True)
class Results:
    """Tasks an agent was on when they ended well and badly; canceled ones say nothing about it."""

    done: int = 0
    failed: int = 0

    @property
    def rate(self) -> int | None:
        """Per cent that ended well; None where nothing ended."""
        ended = self.done + self.failed
        return round(100 * self.done / ended) if ended else None


def results_of(project_id: UUID, agent_ids: Collection[UUID], now: datetime) -> dict[UUID, Results]:
    """The results of the last 30 days by agent, in one query; whoever finished nothing is not in it."""
    since = now - COUNTED
    ended = Task.objects.filter(
        project_id=project_id,
        updated_at__gte=since,  # which is indexed, and never before completed_at
        completed_at__gte=since,
        status__in=[Status.DONE, Status.FAILED],
        assignments__agent_id__in=agent_ids,
    )
    rows = ended.values_list("assignments__agent_id").annotate(
        done=Count("pk", filter=Q(status=Status.DONE)), failed=Count("pk", filter=Q(status=Status.FAILED))
    )
    return {agent: Results(done, failed) for agent, done, failed in rows.order_by()}
