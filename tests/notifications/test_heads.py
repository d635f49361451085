"""Column heads that sockets are told: true as of their number, counted once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError

from notifications.live import feed as feeds
from notifications.live import heads
from notifications.live.feed import Feed
from notifications.queries.stream import head_of
from tasks.models import Project
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE, a_project

pytestmark = pytest.mark.django_db


class Listener:
    """A socket that keeps what it is told."""

    def __init__(self, wants_cards: bool) -> None:
        self.wants_cards = wants_cards
        self.told: list[dict[str, Any]] = []

    def say(self, text: str) -> None:
        self.told.append(json.loads(text))


@pytest.fixture
def project() -> Project:
    made = a_project("apollo")
    for number in range(3):
        create_task(
            actor=HOUSE, project=made, title=f"Number {number}", description="D", priority=number % 2 + 1
        )
    return made


def a_feed(project: Project) -> Feed:
    async def at_once(function: Any, *args: Any) -> Any:
        return function(*args)

    async def nobody_leaves() -> None:
        return None

    return Feed(project.pk, head_of(project.pk), at_once, nobody_leaves)


def run(work: Any) -> None:
    """Run a coroutine that never waits for anything, on the thread that has the test's database."""
    with pytest.raises(StopIteration):
        work.send(None)


def test_boards_hear_the_heads_with_the_ping_and_programs_do_not(project: Project) -> None:
    feed = a_feed(project)
    board, program = Listener(True), Listener(False)
    feed.listeners |= {board, program}  # type: ignore[arg-type]

    run(feed.ping())

    assert program.told == [{"type": "ping", "head": feed.sent}]
    [frame] = board.told
    assert (frame["head"], frame["columns_at"]) == (feed.sent, feed.sent)
    assert frame["columns"]["ready"]["count"] == 3
    assert set(frame["columns"]) == {
        "inbox", "ready", "assigned", "in_progress", "review",
        "needs_approval", "blocked", "failed", "done", "canceled",
    }  # fmt: skip


def test_they_are_counted_once_until_something_happens(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []

    def counting(project_id: Any) -> Any:
        counted.append(1)
        return heads.heads_now(project_id)

    monkeypatch.setattr(feeds, "heads_now", counting)
    feed = a_feed(project)
    for _ in range(3):
        run(feed.heads())
    assert len(counted) == 1
    feed.sent += 1
    run(feed.heads())
    assert len(counted) == 2


def test_heads_that_cannot_be_tied_to_a_number_are_left_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = heads.column_figures

    def counted_while_others_write(tasks: Any) -> Any:
        found = stock(tasks)
        create_task(actor=HOUSE, project=project, title="Meanwhile")
        return found

    monkeypatch.setattr(heads, "column_figures", counted_while_others_write)
    assert heads.heads_now(project.pk) is None


def test_a_ping_goes_out_while_the_database_is_away(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(project_id: Any) -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(feeds, "heads_now", away)
    feed, board = a_feed(project), Listener(True)
    feed.listeners.add(board)  # type: ignore[arg-type]

    run(feed.ping())

    assert board.told == [{"type": "ping", "head": feed.sent}]
