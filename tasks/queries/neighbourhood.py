"""The tasks around one task: all it waits for, all it holds up, its parent and its subtasks, and how they hang
together.

Four queries at any size. The walk along dependencies is the database's, nearest first, and ends at a bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q

from tasks.graph_layout import Arrow, Box, draw
from tasks.models import Dependency, Task
from tasks.workflow import Status

MOST = 60
Wait = tuple[UUID, UUID]
"""What is waited for, and what waits."""

_NAMES = dict(Status.choices)
# Both databases walk level by level and stop when the limit is reached; UNION visits each task once.
_WALK = """
WITH RECURSIVE reached(id) AS (
  SELECT {to} FROM tasks_dependency WHERE {origin} = %s
  UNION SELECT step.{to} FROM tasks_dependency step JOIN reached ON step.{origin} = reached.id
) SELECT id, number, key, title, status, parent_id FROM tasks_task WHERE id IN (SELECT id FROM reached LIMIT %s)
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A task in the drawing."""

    pk: UUID
    number: int
    key: str
    title: str
    status: str
    parent: UUID | None
    is_here: bool

    @property
    def status_name(self) -> str:
        """The status in words."""
        return _NAMES.get(self.status, self.status)


@dataclass(frozen=True, slots=True)
class Standing:
    """A node with its place, and what it waits for and has as subtasks among the drawn ones, for those who listen."""

    node: Node
    box: Box
    waits_for: tuple[str, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow; `family` leads from a subtask to its parent, the others from what is waited for to what waits."""

    arrow: Arrow
    family: bool


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The drawing. `cut` says that there are more tasks than are drawn."""

    standing: tuple[Standing, ...]
    lines: tuple[Line, ...]
    width: int
    height: int
    cut: bool


def neighbourhood(task: Task) -> Neighbourhood:
    """What surrounds the task, at most `MOST` tasks, the nearest of them."""
    candidates = {node.pk: node for node in _candidates(task)}
    waits = _waits(list(candidates))
    distance = _distances(task, candidates, waits)
    nearest = sorted(distance, key=lambda pk: (distance[pk], candidates[pk].number))
    nodes = sorted((candidates[pk] for pk in nearest[:MOST]), key=lambda node: node.number)
    return _drawn(nodes, waits, cut=len(candidates) > len(nodes))


def _drawn(nodes: Sequence[Node], waits: Sequence[Wait], *, cut: bool) -> Neighbourhood:
    shown = {node.pk: node.key for node in nodes}
    waiting = [(before, after) for before, after in waits if before in shown and after in shown]
    parts = [(node.pk, node.parent) for node in nodes if node.parent in shown]
    picture = draw(list(shown), [*waiting, *parts])
    boxes = {box.name: box for box in picture.boxes}
    standing = [
        Standing(
            node,
            boxes[node.pk],
            tuple(shown[before] for before, after in waiting if after == node.pk),
            tuple(shown[child] for child, parent in parts if parent == node.pk),
        )
        for node in nodes
    ]
    family = set(parts) - set(waiting)
    lines = [Line(arrow, (arrow.origin, arrow.to) in family) for arrow in picture.arrows]
    return Neighbourhood(tuple(standing), tuple(lines), picture.width, picture.height, cut)


def _candidates(task: Task) -> Iterator[Node]:
    related = Q(parent=task.pk) | (Q(pk=task.parent_id) if task.parent_id else Q())
    family = Task.objects.filter(related, project=task.project_id).order_by("number")[: MOST + 1]
    ahead, behind = _walk(task, "depends_on_id", "task_id"), _walk(task, "task_id", "depends_on_id")
    for row in (task, *family, *ahead, *behind):
        yield Node(row.pk, row.number, row.key, row.title, row.status, row.parent_id, row.pk == task.pk)


def _walk(task: Task, to: str, origin: str) -> list[Task]:
    pk = Task._meta.pk.get_db_prep_value(task.pk, connection)
    query = _WALK.format(to=to, origin=origin)  # two names of columns, both from this module
    return list(Task.objects.raw(query, [pk, MOST + 1]))


def _waits(pks: list[UUID]) -> list[Wait]:
    """Each dependency between these tasks."""
    rows = Dependency.objects.filter(task__in=pks, depends_on__in=pks).order_by("id")
    return list(rows.values_list("depends_on_id", "task_id"))


def _distances(task: Task, nodes: Mapping[UUID, Node], waits: Sequence[Wait]) -> dict[UUID, int]:
    """How many steps away each task is; those that no way leads to, because it was cut, are left out."""
    family = {node.pk: 1 for node in nodes.values() if node.parent == task.pk or node.pk == task.parent_id}
    ahead = _steps(task.pk, [(after, before) for before, after in waits])
    behind = _steps(task.pk, waits)
    found: dict[UUID, int] = {}
    for distances in (ahead, behind, family):
        for pk, distance in distances.items():
            found[pk] = min(distance, found.get(pk, distance))
    return found


def _steps(start: UUID, edges: Iterable[Wait]) -> dict[UUID, int]:
    onward: dict[UUID, list[UUID]] = defaultdict(list)
    for origin, to in edges:
        onward[origin].append(to)
    found, order = {start: 0}, [start]
    for here in order:
        for to in onward[here]:
            if to not in found:
                found[to] = found[here] + 1
                order.append(to)
    return found
