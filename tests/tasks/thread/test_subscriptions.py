"""Following a thread: by itself for whoever takes part, by wish for anybody, never against a wish."""

from __future__ import annotations

import pytest

from tasks.models import Subscription
from tasks.services.assigning import assign
from tests.agents.building import a_service, problem
from tests.tasks.building import HOUSE
from tests.tasks.thread.building import a_world

pytestmark = pytest.mark.django_db


def test_assignees_follow() -> None:
    world = a_world()
    assert world.follows(world.bolt) is True
    assign(actor=HOUSE, task=world.task, agents=[world.cora], users=[world.vic], mode="add")
    assert (world.follows(world.cora), world.follows(world.vic)) == (True, True)


def test_anybody_who_sees_a_task_may_follow_it() -> None:
    world = a_world()
    for caller, who in ((world.by_vic, world.vic), (world.by_cora, world.cora)):
        assert caller.get(world.path("subscription")).json() == {"task": world.task.key, "following": False}
        assert caller.put(world.path("subscription")).json()["following"] is True
        assert caller.put(world.path("subscription")).status_code == 200
        assert world.follows(who) is True
        assert Subscription.objects.filter(task=world.task, agent=None).count() <= 1
        assert caller.delete(world.path("subscription")).status_code == 204
        assert caller.get(world.path("subscription")).json()["following"] is False


def test_an_unsubscription_wins_over_everything_automatic() -> None:
    world = a_world()
    world.by_cora.delete(world.path("subscription"))
    world.say("@cora please")
    world.say("Here", by=world.by_cora)
    assign(actor=HOUSE, task=world.task, agents=[world.cora], mode="add")
    assert world.follows(world.cora) is False
    world.by_cora.put(world.path("subscription"))
    assert world.follows(world.cora) is True


def test_a_service_has_no_inbox() -> None:
    world = a_world()
    service = a_service(world.project, "write")
    for call in (service.get, service.put, service.delete):
        problem(call(world.path("subscription")), 403, "no_inbox")
    world.say("Automatic", by=service)
    assert Subscription.objects.count() == 1


def test_a_task_elsewhere_cannot_be_followed() -> None:
    world, other = a_world(), a_world("hermes")
    for caller in (world.by_ada, world.by_bolt):
        problem(caller.put(other.path("subscription")), 404)
        problem(caller.delete(other.path("subscription")), 404)
    assert other.follows(world.bolt) is None
