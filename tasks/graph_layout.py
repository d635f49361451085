"""Drawing a small graph in layers, from left to right. Pure, and the same picture for the same graph every time.

Layers come from the longest way, so that every arrow points to the right; an arrow over several layers goes through a
place of its own in each, so that it passes between the boxes. The order inside a layer follows the neighbours'
average place, a few sweeps back and forth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 160, 44
COLUMN_GAP, ROW_GAP, LANE = 40, 10, 12
MARGIN = 6
SWEEPS = 4

Name = Hashable
Edge = tuple[Name, Name]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node's box stands: its left upper corner, in pixels."""

    name: Name
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow as the `d` of an SVG path, from the right side of `origin` to the left side of `to`."""

    origin: Name
    to: Name
    path: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole drawing and its size in pixels."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Bend:
    """A place in a layer where an arrow passes by."""

    edge: int
    layer: int


def draw(nodes: Sequence[Name], edges: Sequence[Edge]) -> Picture:
    """The picture of `nodes`, with an arrow for each of `edges` (from, to); arrows that close a circle lead back."""
    known = set(nodes)
    given = list(dict.fromkeys((a, b) for a, b in edges if a != b and a in known and b in known))
    forward = _without_circles(nodes, given)
    layer = _layers(nodes, forward)
    ways = [_way(number, edge, layer) for number, edge in enumerate(given)]
    columns = _ordered(nodes, layer, ways)
    return _picture(columns, given, ways)


def _without_circles(nodes: Sequence[Name], edges: Sequence[Edge]) -> list[Edge]:
    """The edges that a walk in the order of the nodes does not find leading back to where it comes from."""
    after = _grouped(edges)
    state: dict[Name, int] = {}
    back: set[Edge] = set()
    for start in nodes:
        stack = [(start, iter(after[start]))] if start not in state else []
        state.setdefault(start, 1)
        while stack:
            here, further = stack[-1]
            to = next(further, None)
            if to is None:
                state[here] = 2
                stack.pop()
            elif state.get(to) == 1:
                back.add((here, to))
            elif to not in state:
                state[to] = 1
                stack.append((to, iter(after[to])))
    return [edge for edge in edges if edge not in back]


def _grouped(edges: Iterable[Edge]) -> dict[Name, list[Name]]:
    found: dict[Name, list[Name]] = defaultdict(list)
    for origin, to in edges:
        found[origin].append(to)
    return found


def _layers(nodes: Sequence[Name], edges: Sequence[Edge]) -> dict[Name, int]:
    """The layer of each node: right of all it follows, then as near to what follows it as that allows."""
    after, order = _grouped(edges), _sorted(nodes, edges)
    layer = dict.fromkeys(nodes, 0)
    for here in order:
        for to in after[here]:
            layer[to] = max(layer[to], layer[here] + 1)
    for here in reversed(order):
        if after[here]:
            layer[here] = min(layer[to] for to in after[here]) - 1
    return layer


def _sorted(nodes: Sequence[Name], edges: Sequence[Edge]) -> list[Name]:
    """The nodes so that each comes after all that lead to it."""
    waiting = dict.fromkeys(nodes, 0)
    for _, to in edges:
        waiting[to] += 1
    after, order = _grouped(edges), [node for node in nodes if not waiting[node]]
    for here in order:
        for to in after[here]:
            waiting[to] -= 1
            if not waiting[to]:
                order.append(to)
    return order


def _way(number: int, edge: Edge, layer: Mapping[Name, int]) -> list[Name]:
    origin, to = edge
    bends = [_Bend(number, between) for between in range(layer[origin] + 1, layer[to])]
    return [origin, *bends, to]


def _ordered(
    nodes: Sequence[Name], layer: Mapping[Name, int], ways: Sequence[list[Name]]
) -> list[list[Name]]:
    columns: list[list[Name]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for node in nodes:
        columns[layer[node]].append(node)
    steps = [step for way in ways for step in pairwise(way)]
    for way in ways:
        for bend in way[1:-1]:
            assert isinstance(bend, _Bend)
            columns[bend.layer].append(bend)
    before, after = _grouped((b, a) for a, b in steps), _grouped(steps)
    for sweep in range(SWEEPS):
        there = sweep % 2 == 0
        for index in range(len(columns)) if there else range(len(columns) - 1, -1, -1):
            columns[index] = _by_average(columns, columns[index], before if there else after)
    return columns


def _by_average(
    columns: Sequence[list[Name]], column: list[Name], neighbours: Mapping[Name, list[Name]]
) -> list[Name]:
    place = {name: row for names in columns for row, name in enumerate(names)}
    average = {
        name: sum(place[each] for each in neighbours[name]) / len(neighbours[name])
        if neighbours.get(name)
        else place[name]
        for name in column
    }
    return sorted(column, key=lambda name: (average[name], place[name]))


def _picture(columns: Sequence[list[Name]], edges: Sequence[Edge], ways: Sequence[list[Name]]) -> Picture:
    heights = [sum(map(_height, column)) + ROW_GAP * (len(column) - 1) for column in columns]
    tallest = max(heights, default=0)
    places: dict[Name, tuple[int, int]] = {}
    for index, column in enumerate(columns):
        y = MARGIN + (tallest - heights[index]) // 2
        for name in column:
            places[name] = (MARGIN + index * (WIDTH + COLUMN_GAP), y)
            y += _height(name) + ROW_GAP
    boxes = [Box(name, *place) for name, place in places.items() if not isinstance(name, _Bend)]
    arrows = [Arrow(*edge, _path(way, places)) for edge, way in zip(edges, ways, strict=True)]
    width = 2 * MARGIN + len(columns) * (WIDTH + COLUMN_GAP) - (COLUMN_GAP if columns else 0)
    return Picture(tuple(boxes), tuple(arrows), width, 2 * MARGIN + tallest)


def _height(name: Name) -> int:
    return LANE if isinstance(name, _Bend) else HEIGHT


def _path(way: Sequence[Name], places: Mapping[Name, tuple[int, int]]) -> str:
    """Curves from box to box; over a bend, a straight line as wide as a box."""
    parts: list[str] = []
    for origin, to in pairwise(way):
        (x1, y1), (x2, y2) = _middle(origin, places), _middle(to, places)
        x1 += WIDTH
        lead = f"M{x1} {y1}" if not parts else f"H{x1}"
        half = max(COLUMN_GAP, abs(x2 - x1)) // 2
        parts.append(f"{lead}C{x1 + half} {y1} {x2 - half} {y2} {x2} {y2}")
    return "".join(parts)


def _middle(name: Name, places: Mapping[Name, tuple[int, int]]) -> tuple[int, int]:
    x, y = places[name]
    return x, y + _height(name) // 2
