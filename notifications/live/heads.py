"""What a board's column heads say, as of one number of the stream.

A board adds up what events tell it. It was drawn while others worked, so its sum may be off by what happened just
then; with these figures, sent with a hello and a ping, it is right again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from notifications.queries.stream import head_of
from tasks.models import Task
from tasks.queries.column_figures import ColumnFigures, column_figures
from tasks.templatetags.mc import money
from tasks.workflow import CLOSED

TRIES = 3


@dataclass(frozen=True, slots=True)
class Heads:
    """The heads of a project's columns when the stream stood at `seq`."""

    seq: int
    columns: Mapping[str, Any]

    def members(self) -> dict[str, Any]:
        """What is added to a frame for boards."""
        return {"columns": self.columns, "columns_at": self.seq}


def heads_now(project_id: UUID) -> Heads | None:
    """The heads and the number they belong to; None where the stream moved on each time they were counted."""
    for _ in range(TRIES):
        before = head_of(project_id).seq
        figures = column_figures(Task.objects.filter(project_id=project_id))
        if head_of(project_id).seq == before:
            return Heads(before, {status: _shown(status, found) for status, found in figures.items()})
    return None


def _shown(status: str, figures: ColumnFigures) -> dict[str, Any]:
    oldest = None if status in CLOSED or figures.oldest is None else figures.oldest
    return {
        "count": figures.count,
        "cost": money(figures.cost) if figures.cost else "",
        "oldest": oldest.strftime("%Y-%m-%dT%H:%M:%SZ") if oldest else None,
    }
