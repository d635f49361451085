"""Moving cards with a finger: a press that rests picks up, a swipe scrolls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tasks.models import Project, Task, Transition, User

from .acting import Board, a_task, status_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RESTS_MS = 350
TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}, "has_touch": True, "is_mobile": True}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@dataclass
class Finger:
    """One finger on the glass of a board's page."""

    board: Board

    def __post_init__(self) -> None:
        self._glass = self.board.page.context.new_cdp_session(self.board.page)

    def press(self, task: Task) -> tuple[float, float]:
        """Put the finger on a card; where it stands."""
        card = self.board.card(task)
        card.scroll_into_view_if_needed()
        box = card.bounding_box()
        assert box
        place = box["x"] + 60, box["y"] + 24
        self._touch("touchStart", place)
        return place

    def rest(self) -> None:
        """Stay where it is until the card is picked up."""
        self.board.page.wait_for_timeout(RESTS_MS)

    def slide(self, start: tuple[float, float], end: tuple[float, float], steps: int = 12) -> None:
        """Move from `start` to `end` in small steps."""
        for step in range(1, steps + 1):
            share = step / steps
            place = start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
            self._touch("touchMove", place)
            self.board.page.wait_for_timeout(16)

    def lift(self) -> None:
        """Take the finger off."""
        self._glass.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def _touch(self, kind: str, place: tuple[float, float]) -> None:
        points = [{"x": place[0], "y": place[1]}]
        self._glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


@pytest.fixture
def open_with(
    project: Project, ada: User, visit: Callable[..., BrowserContext]
) -> Callable[[dict[str, Any]], Board]:
    return lambda options: Board.open(visit(ada, **options), project)


def test_a_card_is_dragged_by_touch(
    project: Project, ada: User, open_with: Callable[[dict[str, Any]], Board]
) -> None:
    task = a_task(project, ada)
    board = open_with(TABLET)
    finger = Finger(board)

    start = finger.press(task)
    finger.rest()
    finger.slide(start, (start[0] + 12, start[1] + 6), 4)
    expect(board.page.locator("#column-inbox")).to_have_attribute("data-verdict", "legal")
    target = board.page.locator("#column-inbox .cards").bounding_box()
    assert target
    finger.slide((start[0] + 12, start[1] + 6), (target["x"] + 90, target["y"] + 30))
    finger.lift()

    board.toast(f"{task.key} moved to Inbox")
    board.expect_in(task, "inbox")
    assert status_of(task) == "inbox"
    assert not board.complaints


@pytest.mark.parametrize("screen", [TABLET, PHONE], ids=["tablet", "phone"])
def test_a_swipe_over_a_card_scrolls_and_moves_nothing(
    project: Project, ada: User, open_with: Callable[[dict[str, Any]], Board], screen: dict[str, Any]
) -> None:
    task = a_task(project, ada)
    board = open_with(screen)
    finger = Finger(board)
    before = board.page.locator("#board").evaluate("element => element.scrollLeft")

    start = finger.press(task)
    finger.slide(start, (start[0] - 200, start[1]))
    finger.lift()

    expect(board.page.locator("body[data-dragging]")).to_have_count(0)
    board.page.wait_for_function("before => document.querySelector('#board').scrollLeft > before", arg=before)
    assert status_of(task) == "ready"
    assert Transition.objects.filter(task=task).count() == 1


def test_on_a_phone_a_card_is_carried_to_a_column_out_of_sight(
    project: Project, ada: User, open_with: Callable[[dict[str, Any]], Board]
) -> None:
    task = a_task(project, ada)
    board = open_with(PHONE)
    finger = Finger(board)

    start = finger.press(task)
    finger.rest()
    edge = 8.0, start[1]
    finger.slide(start, edge)
    board.page.wait_for_function(
        "() => document.querySelector('#column-inbox').getBoundingClientRect().left > -40"
    )
    finger.slide(edge, (150.0, start[1]), 20)
    finger.lift()

    board.toast(f"{task.key} moved to Inbox")
    assert status_of(task) == "inbox"
