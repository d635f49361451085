"""The drawing of a graph: arrows lead to the right, boxes never overlap, the same graph is always the same picture."""

from __future__ import annotations

import random

import pytest

from tasks.graph_layout import HEIGHT, WIDTH, Edge, Picture, draw


def places(picture: Picture) -> dict[object, tuple[int, int]]:
    return {box.name: (box.x, box.y) for box in picture.boxes}


def random_graph(seed: int) -> tuple[list[int], list[Edge]]:
    """Up to 60 nodes, each waiting for some of those before it."""
    dice = random.Random(seed)
    nodes = list(range(dice.randint(2, 60)))
    edges: list[Edge] = [
        (dice.randrange(node), node) for node in nodes[1:] for _ in range(dice.randint(0, 3))
    ]
    dice.shuffle(edges)
    return nodes, edges


def test_a_chain_stands_in_one_row_from_left_to_right() -> None:
    picture = draw("abc", [("b", "c"), ("a", "b")])
    found = places(picture)
    assert found["a"][0] < found["b"][0] < found["c"][0]
    assert len({y for _, y in found.values()}) == 1
    assert picture.width > found["c"][0] + WIDTH


@pytest.mark.parametrize("seed", range(12))
def test_every_arrow_leads_to_the_right_and_no_two_boxes_touch(seed: int) -> None:
    nodes, edges = random_graph(seed)
    picture = draw(nodes, edges)
    found = places(picture)
    assert set(found) == set(nodes)
    assert len(picture.arrows) == len(set(edges))
    for origin, to in edges:
        assert found[origin][0] + WIDTH < found[to][0]
    for one, (x, y) in found.items():
        assert 0 <= x <= picture.width - WIDTH and 0 <= y <= picture.height - HEIGHT
        for other, (x2, y2) in found.items():
            assert one == other or x != x2 or abs(y - y2) >= HEIGHT


@pytest.mark.parametrize("seed", range(4))
def test_the_same_graph_is_the_same_picture(seed: int) -> None:
    nodes, edges = random_graph(seed)
    assert draw(nodes, edges) == draw(list(nodes), list(edges))


def test_an_arrow_over_several_layers_passes_beside_the_boxes_between() -> None:
    picture = draw("abc", [("a", "b"), ("b", "c"), ("a", "c")])
    over = next(arrow for arrow in picture.arrows if (arrow.origin, arrow.to) == ("a", "c"))
    top = places(picture)["b"][1]
    assert over.path.count("C") == 2
    passes = int(over.path.split("H")[0].split()[-1])
    assert not top <= passes <= top + HEIGHT


def test_what_leads_to_a_task_stands_right_before_it() -> None:
    found = places(draw("abcd", [("a", "b"), ("b", "c"), ("d", "c")]))
    assert found["d"][0] == found["b"][0]


def test_a_circle_is_drawn_with_one_arrow_that_leads_back() -> None:
    picture = draw("abc", [("a", "b"), ("b", "c"), ("c", "a")])
    found = places(picture)
    back = [one for one in picture.arrows if found[one.origin][0] >= found[one.to][0]]
    assert len(picture.arrows) == 3
    assert len(back) == 1


def test_what_is_not_among_the_nodes_is_not_drawn() -> None:
    picture = draw(["a"], [("a", "a"), ("a", "x"), ("y", "a")])
    assert (len(picture.boxes), picture.arrows) == (1, ())
    assert draw([], []).boxes == ()
