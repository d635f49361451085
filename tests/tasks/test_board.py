"""Moves on the board: the order people make survives, whoever else makes one."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from missioncontrol.kernel.errors import Forbidden
from tasks.errors import TransitionRefused
from tasks.models import Project, Refusal, Task, Transition
from tasks.services.board import move
from tasks.services.projects import update_project
from tasks.services.transition import Step
from tests.agents.building import events
from tests.tasks.building import BOSS, HOUSE, PLAN, a_project, a_task, an_agent, forced

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def cards(project: Project) -> dict[str, Task]:
    """Cards a to e of the ready column, a on top."""
    made = {name: a_task(project, name) for name in "edcba"}
    return dict(sorted(made.items()))


def order(project: Project, status: str = "ready") -> str:
    rows = Task.objects.filter(project=project, status=status).order_by("position", "id")
    return "".join(rows.values_list("title", flat=True))


@pytest.mark.parametrize(
    ("card", "before", "after", "expected"),
    [
        ("a", None, "c", "bcade"),
        ("a", "c", None, "bacde"),
        ("a", "c", "b", "bacde"),
        ("e", "a", None, "eabcd"),
        ("a", None, "e", "bcdea"),
        ("c", None, None, "abcde"),
        ("c", "c", None, "cabde"),
        ("b", "d", "e", "acdeb"),
    ],
)
def test_a_card_goes_between_its_neighbours(
    project: Project, cards: dict[str, Task], card: str, before: Any, after: Any, expected: str
) -> None:
    neighbours = {"before": cards.get(before), "after": cards.get(after)}
    move(actor=BOSS, task=cards[card], **neighbours)
    assert order(project) == expected


def test_a_neighbour_that_has_left_is_passed_over(project: Project, cards: dict[str, Task]) -> None:
    forced(cards["c"], "blocked")
    move(actor=BOSS, task=cards["a"], after=cards["c"], before=cards["e"])
    assert order(project) == "bdae"


def test_a_closed_gap_is_opened_and_the_order_stays(project: Project, cards: dict[str, Task]) -> None:
    for place, card in enumerate(cards.values()):
        Task.objects.filter(pk=card.pk).update(position=place)
    move(actor=BOSS, task=cards["e"], after=cards["a"], before=cards["b"])
    assert order(project) == "aebcd"
    positions = sorted(Task.objects.values_list("position", flat=True))
    assert min(late - early for early, late in itertools.pairwise(positions)) > 1000


def test_a_hundred_moves_into_the_same_gap_all_land(project: Project, cards: dict[str, Task]) -> None:
    expected = list("abcde")
    for _ in range(50):
        card = expected.pop()
        expected.insert(1, card)
        move(actor=BOSS, task=Task.objects.get(title=card), after=Task.objects.get(title="a"))
    assert order(project) == "".join(expected)


def test_a_move_within_the_column_is_an_event_and_no_transition(
    project: Project, cards: dict[str, Task]
) -> None:
    before = Transition.objects.count()
    moved = move(actor=BOSS, task=cards["a"], after=cards["b"])
    assert (Transition.objects.count(), moved.version) == (before, cards["a"].version)
    event = events(project, "task.moved")[0]
    assert event.data["after"]["position"] == moved.position


def test_a_move_to_another_column_is_a_transition_at_its_place(
    project: Project, cards: dict[str, Task]
) -> None:
    for name in "ba":
        forced(cards[name], "blocked")
    step = Step(to="blocked", reason="Wait.")
    move(actor=BOSS, task=cards["c"], step=step, after=cards["a"], before=cards["b"])
    assert order(project, "blocked") == "acb"
    assert Transition.objects.filter(task=cards["c"], to_status="blocked").count() == 1


def test_without_neighbours_a_card_lands_on_top(project: Project, cards: dict[str, Task]) -> None:
    forced(cards["a"], "blocked")
    move(actor=BOSS, task=cards["b"], step=Step(to="blocked", reason="Wait."))
    assert order(project, "blocked") == "ba"


def test_a_refused_move_leaves_the_card_where_it_was_and_is_logged(
    project: Project, cards: dict[str, Task]
) -> None:
    with pytest.raises(TransitionRefused):
        move(actor=BOSS, task=cards["c"], step=Step(to="done"))
    assert order(project) == "abcde"
    row = Refusal.objects.get()
    assert (row.from_status, row.to_status) == ("ready", "done")


def test_a_full_column_refuses_without_override(project: Project, cards: dict[str, Task]) -> None:
    update_project(actor=HOUSE, project=project, changes={"wip_limits": {"blocked": 1}})
    step = Step(to="blocked", reason="Wait.")
    move(actor=BOSS, task=cards["a"], step=step)
    with pytest.raises(TransitionRefused) as refused:
        move(actor=BOSS, task=cards["b"], step=step)
    assert (refused.value.code, refused.value.errors[0].field) == ("wip_limit", "to")
    assert Refusal.objects.get().code == "wip_limit"
    assert (
        move(actor=BOSS, task=cards["b"], step=Step(to="blocked", reason="x", override=True)).status
        == "blocked"
    )


def test_agents_move_but_do_not_order(project: Project, cards: dict[str, Task]) -> None:
    agent, actor = an_agent(project)
    task = a_task(project, "mine", agents=[agent])
    with pytest.raises(Forbidden):
        move(actor=actor, task=task, after=cards["a"])
    assert move(actor=actor, task=task, step=Step(to="in_progress", work_plan=PLAN)).status == "in_progress"
