"""The timeline tab: everything in its order, by kind, by pages, always at the same cost."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.models import Task, User
from tasks.queries.timeline import KINDS, timeline
from tests.tasks.building import forced
from tests.tasks.thread.building import World, a_world
from tests.tasks.thread.test_timeline import busy_world

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(world: World, **query: object) -> str:
    path = f"/p/apollo/t/{world.task.key}/timeline/list"
    return client_of(world.vic).get(path, query).content.decode()


def kinds_in(page: str) -> list[str]:
    return re.findall(r'data-kind="(\w+)"', page)


def test_everything_stands_in_its_order_newest_first_and_says_who_and_why() -> None:
    page = page_of(busy_world())

    kinds = kinds_in(page)
    assert kinds[0] == "message"
    assert kinds[-1] == "edit"
    assert {"message", "transition", "review", "approval", "assignment"} <= set(kinds)
    assert "moved it from Review to In progress" in page
    assert "“Refute (major): It forgets leap years.”" in page
    assert '<span class="badge badge-warn">Override</span>' in page


def test_a_review_is_told_once_though_the_thread_says_it_too() -> None:
    world = busy_world()

    assert page_of(world, kinds="message,review").count("It forgets leap years.") == 1
    assert sum(entry.kind == "message" for entry in timeline(world.now(), limit=99, kinds=["message"])) > 2


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_looked_at_alone(kind: str) -> None:
    world = busy_world()

    assert set(kinds_in(page_of(world, kinds=kind))) <= {kind}
    assert f'id="timeline-{kind}" aria-pressed="true"' in page_of(world, kinds=kind)


def test_the_kinds_together_are_everything_and_none_is_told_twice() -> None:
    world = busy_world()
    alone = [entry.place for kind in KINDS for entry in timeline(world.now(), limit=999, kinds=[kind])]

    everything = [entry.place for entry in timeline(world.now(), limit=999)]
    assert sorted(alone, key=str) == sorted(everything, key=str)


def test_leases_are_among_the_kinds() -> None:
    world = a_world()
    assert world.by_bolt.post("/agent/claim", {}).status_code == 200
    assert kinds_in(page_of(world, kinds="lease")) == ["lease"]


def test_pages_of_fifty_are_added_one_by_one() -> None:
    world = a_world()
    for number in range(60):
        world.say(f"Word {number}")

    first, second = page_of(world, kinds="message"), page_of(world, kinds="message", pages=2)

    assert (len(kinds_in(first)), len(kinds_in(second))) == (50, 60)
    assert "kinds=message&amp;pages=2" in first
    assert "Word 0<" not in first and "Word 0<" in second
    assert "That is where it began." in second


@pytest.mark.parametrize(
    "query", [{"kinds": "nonsense\0"}, {"pages": "-1"}, {"pages": "999"}, {"pages": "²"}]
)
def test_what_makes_no_sense_shows_everything_from_the_start(query: dict[str, str]) -> None:
    world = a_world()
    world.say("Hello")
    assert "Hello" in page_of(world, **query)


def test_a_kind_of_which_nothing_happened_says_so() -> None:
    assert "Nothing of this kind happened" in page_of(a_world(), kinds="review")


def test_the_timeline_costs_the_same_with_5_and_with_50_of_everything() -> None:
    world = a_world()
    client = client_of(world.ada)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/p/apollo/t/{world.task.key}/timeline/list").status_code == 200
        return len(queries)

    def grow(count: int) -> None:
        for number in range(count):
            world.say(f"Word {number}, @cora", by=world.by_ada)
            forced(world.now(), "blocked")
            forced(world.now(), "ready")

    grow(5)
    few = cost()
    grow(45)
    assert cost() == few <= 20
    assert Task.objects.get(pk=world.task.pk).transitions.count() > 90
