"""Mentions in messages: who is named, told and made to follow."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from tasks.models import Mention, User
from tests.agents.building import a_member, a_service, an_agent
from tests.tasks.thread.building import World, a_world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("content", "agents", "users"),
    [
        ("@bolt have a look", ["bolt"], []),
        ("@BOLT", ["bolt"], []),
        ('@"Bolt Bauer" have a look', ["bolt"], []),
        ('@"córa ünal"', ["cora"], []),
        ("@vic", [], ["vic"]),
        ('@"Viktor Meyer" and @"vik"', [], ["vic"]),
        ("@bolt @bolt @vic", ["bolt"], ["vic"]),
        ("@ada says so herself", [], []),
        ("@all", ["bolt", "cora"], ["vic"]),
        ("@all but also @bolt", ["bolt", "cora"], ["vic"]),
        ("@stranger @hermes-bot", [], []),
        ("`@bolt`\n> @vic\n\nbolt@example.com", [], []),
    ],
)
def test_names_become_people_and_agents_of_the_project(
    content: str, agents: list[str], users: list[str]
) -> None:
    world = _with_names()
    answer = world.say(content)
    assert {kind: sorted(names) for kind, names in answer["mentions"].items()} == {
        "agents": agents,
        "users": users,
    }
    assert Mention.objects.count() == len(agents) + len(users)
    told = world.events("message.posted")[-1].data["mentions"]
    assert sorted(told["agents"]) == sorted(str(world.project.agents.get(slug=slug).pk) for slug in agents)
    assert told["users"] == [User.objects.get(username=name).pk for name in users]


def _with_names() -> World:
    world = a_world()
    User.objects.filter(pk=world.vic.pk).update(display_name="Vik", first_name="Viktor", last_name="Meyer")
    other = a_world("hermes")
    an_agent(other.project, "hermes-bot")
    return world


def test_an_agent_never_mentions_itself() -> None:
    world = a_world()
    assert world.say("@bolt @all", by=world.by_bolt)["mentions"]["agents"] == ["cora"]


def test_an_agent_without_the_flag_mentions_nobody_and_its_text_stays() -> None:
    world = a_world()
    Agent.objects.filter(pk=world.bolt.pk).update(can_mention=False)
    answer = world.say("@cora @ada @all", by=world.by_bolt)
    assert answer["content"] == "@cora @ada @all"
    assert answer["mentions"] == {"agents": [], "users": []}
    assert Mention.objects.count() == 0


def test_a_service_mentions_like_a_person() -> None:
    world = a_world()
    assert world.say("@bolt", by=a_service(world.project, "write"))["mentions"]["agents"] == ["bolt"]


def test_removed_agents_and_closed_accounts_are_not_found() -> None:
    world = a_world()
    Agent.objects.filter(pk=world.cora.pk).update(removed_at="2026-01-01T00:00:00Z")
    User.objects.filter(pk=world.vic.pk).update(is_active=False)
    assert world.say("@cora @vic @all")["mentions"] == {"agents": ["bolt"], "users": []}


def test_a_name_that_several_share_means_them_all() -> None:
    world = a_world()
    a_member(world.project, "cora-the-person")
    User.objects.filter(username="cora-the-person").update(display_name="Córa Ünal")
    assert world.say('@"Córa Ünal"')["mentions"] == {"agents": ["cora"], "users": ["cora-the-person"]}


def test_an_edit_adds_only_new_mentions() -> None:
    world = a_world()
    said = world.say("@bolt")
    answer: dict[str, Any] = world.by_ada.patch(f"/messages/{said['id']}", {"content": "@bolt @cora"}).json()
    assert answer["mentions"]["agents"] == ["bolt", "cora"]
    (event,) = world.events("message.edited")
    assert event.data["added_mentions"] == {"agents": [str(world.cora.pk)], "users": []}
    world.by_ada.patch(f"/messages/{said['id']}", {"content": "@cora"})
    assert world.events("message.edited")[-1].data["added_mentions"] == {"agents": [], "users": []}
    assert Mention.objects.count() == 2


def test_author_and_mentioned_follow_from_then_on() -> None:
    world = a_world()
    assert (world.follows(world.cora), world.follows(world.ada), world.follows(world.vic)) == (
        None,
        None,
        None,
    )
    world.say("@cora")
    assert (world.follows(world.cora), world.follows(world.ada), world.follows(world.vic)) == (
        True,
        True,
        None,
    )


def test_naming_everybody_costs_as_many_queries_as_naming_one() -> None:
    world = a_world()
    world.say("@bolt")
    with CaptureQueriesContext(connection) as one:
        world.say("@bolt @vic")
    for number in range(10):
        an_agent(world.project, f"extra-{number}")
    with CaptureQueriesContext(connection) as everybody:
        world.say("@all")
    assert len(one) == len(everybody)


def test_a_message_of_fifty_thousand_names_is_posted() -> None:
    world = a_world()
    assert world.say("@bolt " * 16_000)["mentions"]["agents"] == ["bolt"]
