"""The rules of loop detection, on plain data: each fires just past its threshold and not before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from agents.loop_rules import DEFAULTS, Moved, Said, find, limits_of

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
LIMITS = limits_of({})


def said(authors: Sequence[str], *, every_s: float = 60, end: datetime = NOW) -> list[Said]:
    """One message each, the last at `end`; a name that begins with a capital letter is a person's."""
    begin = end - timedelta(seconds=every_s * (len(authors) - 1))
    return [
        Said(begin + timedelta(seconds=every_s * n), "human" if name.istitle() else "agent", name, name)
        for n, name in enumerate(authors)
    ]


def moved(*pairs: str, every_s: float = 60, end: datetime = NOW) -> list[Moved]:
    """One transition for each "from>to", the last at `end`."""
    begin = end - timedelta(seconds=every_s * (len(pairs) - 1))
    steps = [pair.split(">") for pair in pairs]
    return [
        Moved(begin + timedelta(seconds=every_s * n), origin, to, "ann")
        for n, (origin, to) in enumerate(steps)
    ]


def kind_of(messages: list[Said], moves: list[Moved] | None = None, now: datetime = NOW) -> str | None:
    finding = find(messages, moves or [], LIMITS, now)
    return finding.kind if finding else None


@pytest.mark.parametrize(("count", "expected"), [(20, None), (21, "comment_storm"), (40, "comment_storm")])
def test_a_storm_is_more_than_twenty_messages_in_half_an_hour(count: int, expected: str | None) -> None:
    assert kind_of(said(["Ann"] * (count - 1) + ["a"], every_s=40)) == expected


def test_people_alone_make_no_storm() -> None:
    assert kind_of(said(["Ann", "Bob"] * 30, every_s=10)) is None


def test_the_same_messages_over_a_longer_time_are_no_storm() -> None:
    assert kind_of(said(["Ann"] * 20 + ["a"], every_s=91)) is None


def test_a_storm_that_is_long_over_is_none() -> None:
    messages = said(["Ann"] * 20 + ["a"], every_s=10)
    assert kind_of(messages, now=NOW + timedelta(minutes=10)) == "comment_storm"
    assert kind_of(messages, now=NOW + timedelta(minutes=46)) is None


@pytest.mark.parametrize(("returns", "expected"), [(3, None), (4, "review_cycles")])
def test_the_fourth_return_from_review_is_one_too_many(returns: int, expected: str | None) -> None:
    moves = moved(*["in_progress>review", "review>in_progress"] * returns, every_s=86_400)
    assert kind_of([], moves) == expected


@pytest.mark.parametrize(("count", "expected"), [(5, None), (6, "back_and_forth")])
def test_six_moves_with_one_three_times_go_back_and_forth(count: int, expected: str | None) -> None:
    moves = moved(*["ready>assigned", "assigned>ready"] * 3)[:count]
    assert kind_of([], moves) == expected


def test_six_different_moves_are_progress() -> None:
    path = ["inbox>ready", "ready>assigned", "assigned>in_progress", "in_progress>review"]
    assert kind_of([], moved(*path, "review>in_progress", "in_progress>review", "review>done")) is None


def test_six_moves_over_a_day_are_fine() -> None:
    moves = moved(*["ready>assigned", "assigned>ready"] * 3, every_s=14_400)
    assert kind_of([], moves) is None


@pytest.mark.parametrize(("turns", "expected"), [(8, None), (9, "ping_pong")])
def test_nine_turns_between_two_agents_are_ping_pong(turns: int, expected: str | None) -> None:
    authors = [("a", "b")[n % 2] for n in range(turns + 1)]
    assert kind_of(said(authors, every_s=30)) == expected


def test_an_agent_that_writes_twice_in_a_row_takes_one_turn() -> None:
    assert kind_of(said(["a", "b", "b"] * 5, every_s=20)) == "ping_pong"
    assert kind_of(said(["a", "a", "b", "b"] * 4, every_s=20)) is None


@pytest.mark.parametrize("third", ["Ann", "c"])
def test_anybody_else_ends_the_ping_pong(third: str) -> None:
    authors = ["a", "b"] * 3 + [third] + ["a", "b"] * 3
    assert kind_of(said(authors, every_s=20)) is None


def test_slow_ping_pong_is_a_conversation() -> None:
    assert kind_of(said(["a", "b"] * 5, every_s=80)) is None


def test_the_first_kind_in_the_table_wins() -> None:
    finding = find(
        said(["a", "b"] * 12, every_s=20), moved(*["ready>assigned", "assigned>ready"] * 3), LIMITS, NOW
    )
    assert finding is not None
    assert finding.kind == "comment_storm"
    assert finding.parties == {"a": 12, "b": 12}


def test_a_project_changes_single_knobs() -> None:
    limits = limits_of({"ping_pong": {"alternations": 2}, "review_cycles": {"cycles": 1}})
    assert limits["ping_pong"] == {"alternations": 2, "minutes": 10}
    assert limits["comment_storm"] == DEFAULTS["comment_storm"]
    finding = find(said(["a", "b", "a", "b"]), [], limits, NOW)
    assert finding is not None
    assert finding.kind == "ping_pong"


@pytest.mark.parametrize(
    "nonsense",
    [
        None,
        [],
        "x",
        {"ping_pong": 3},
        {"ping_pong": {"minutes": True}},
        {"ping_pong": {"minutes": -1}},
        {"no": {}},
    ],
)
def test_nonsense_leaves_the_defaults(nonsense: object) -> None:
    assert limits_of(nonsense) == {kind: dict(knobs) for kind, knobs in DEFAULTS.items()}
