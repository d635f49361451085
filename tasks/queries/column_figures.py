"""What stands at the head of each column: how many tasks, what they cost, how old the oldest is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Min, QuerySet, Sum

from tasks.models import Task
from tasks.workflow import Status


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """Of one column: `cost` in US dollars, `oldest` the moment since when its oldest task has been in it."""

    count: int = 0
    oldest: datetime | None = None
    cost: Decimal = Decimal(0)


def column_figures(tasks: QuerySet[Task]) -> Mapping[str, ColumnFigures]:
    """The figures of every column, empty ones too, of these tasks; one query."""
    rows = tasks.values("status").annotate(n=Count("id"), oldest=Min("status_since"), cost=Sum("actual_cost"))
    found = {row["status"]: ColumnFigures(row["n"], row["oldest"], row["cost"]) for row in rows.order_by()}
    return {status: found.get(status, ColumnFigures()) for status in Status.values}
