"""The unit of work: what is left for last is written just before the commit, and only then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import transaction

from missioncontrol.kernel.transactions import in_unit, unit, write_last

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def written() -> list[Any]:
    return []


def writer_of(written: list[Any]) -> Any:
    def write(items: Sequence[Any]) -> None:
        written.append((list(items), in_unit()))

    return write


def test_all_items_of_one_writer_come_together_inside_the_unit(written: list[Any]) -> None:
    write = writer_of(written)
    with unit():
        with unit():
            write_last(write, 1)
        write_last(write, 2)
        assert written == []
    assert written == [([1, 2], True)]


def test_an_inner_unit_that_fails_takes_its_items_back(written: list[Any]) -> None:
    write = writer_of(written)

    def fail_inside() -> None:
        with unit():
            write_last(write, 2)
            raise RuntimeError("no")

    with unit():
        write_last(write, 1)
        with pytest.raises(RuntimeError):
            fail_inside()
    assert written == [([1], True)]


def test_what_runs_on_commit_has_an_outermost_unit_of_its_own(written: list[Any]) -> None:
    write = writer_of(written)

    def afterwards() -> None:
        with unit():
            write_last(write, "after")

    with unit():
        write_last(write, "before")
        transaction.on_commit(afterwards)
    assert written == [(["before"], True), (["after"], True)]
    assert not in_unit()


def test_outside_a_unit_nothing_can_be_left() -> None:
    with pytest.raises(RuntimeError):
        write_last(lambda items: None, 1)
