"""What hangs on a task: its subtasks, what it waits for, what it holds up. The same few queries at any size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from tasks.models import Dependency, Project, Task
from tasks.workflow import Status

from .cards import Face, faces_of
from .palette import Found, find_tasks

SHOWN = 200
_COLUMNS = ("pk", "key", "title", "status")
Row = tuple[UUID, str, str, str]
_NAMES = dict(Status.choices)


@dataclass(frozen=True, slots=True)
class Linked:
    """Another task as a line."""

    pk: UUID
    key: str
    title: str
    status: str
    faces: tuple[Face, ...] = ()

    @property
    def status_name(self) -> str:
        """The status in words."""
        return _NAMES.get(self.status, self.status)

    @property
    def canceled(self) -> bool:
        """Whether it will never be done."""
        return self.status == Status.CANCELED


@dataclass(slots=True)
class Links:
    """The lines, at most `SHOWN` of each, and how many there are; canceled subtasks are not counted as work."""

    subtasks: list[Linked] = field(default_factory=list)
    waits_for: list[Linked] = field(default_factory=list)
    holds_up: list[Linked] = field(default_factory=list)
    counted: int = 0
    done: int = 0
    more: int = 0

    @property
    def any(self) -> bool:
        """Whether anything hangs on the task."""
        return bool(self.subtasks or self.waits_for or self.holds_up)


def links_of(task: Task) -> Links:
    """The links of a task with who is on each of them: five queries."""
    waits_for = Dependency.objects.filter(task=task)
    holds_up = Dependency.objects.filter(depends_on=task)
    found = [
        list(task.subtasks.order_by("number").values_list(*_COLUMNS)[:SHOWN]),
        _ends(waits_for, "depends_on"),
        _ends(holds_up, "task"),
    ]
    faces = faces_of({row[0] for rows in found for row in rows})
    subtasks, waiting_for, holding = ([_line(row, faces) for row in rows] for rows in found)
    total, counted, done = _counts(task)
    return Links(subtasks, waiting_for, holding, counted, done, total - len(subtasks))


def _line(row: Row, faces: Mapping[UUID, list[Face]]) -> Linked:
    pk, key, title, status = row
    return Linked(pk, key, title, status, tuple(faces.get(pk, ())))


def _ends(rows: QuerySet[Dependency], end: str) -> list[Row]:
    columns = [f"{end}__{name}" for name in _COLUMNS]
    return list(rows.order_by("id").values_list(*columns)[:SHOWN])


def _counts(task: Task) -> tuple[int, int, int]:
    counts = task.subtasks.aggregate(
        total=Count("pk"),
        counted=Count("pk", filter=~Q(status=Status.CANCELED)),
        done=Count("pk", filter=Q(status=Status.DONE)),
    )
    return counts["total"], counts["counted"], counts["done"]


def candidates(project: Project, task: Task, text: str) -> list[Found]:
    """Tasks that what was typed could mean, as the palette finds them, without the task itself."""
    return [found for found in find_tasks(project, text) if found.key != task.key]
