"""The inbox's pages: who sees what, what is offered to whom, and what it costs."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from missioncontrol.kernel.actor import Actor
from tasks.services.projects import set_member
from tests.agents.governance.builders import HOUSE, user_of

from .building import World, a_task, a_world, ask, everything
from .test_gathering import everything_more

pytestmark = pytest.mark.django_db
CONTROLS = ("data-act", "data-alike", "data-hand-over")


@pytest.fixture
def world() -> World:
    return a_world()


def browser_of(actor: Actor) -> Client:
    client = Client()
    client.force_login(user_of(actor))
    return client


def html(actor: Actor, path: str = "/p/atlas/inbox") -> str:
    answer = browser_of(actor).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("path", ["", "/items", "/count"])
def test_strangers_find_no_inbox_and_visitors_sign_in_first(world: World, path: str) -> None:
    assert browser_of(a_world("other").ann).get(f"/p/atlas/inbox{path}").status_code == 404
    assert Client().get(f"/p/atlas/inbox{path}").status_code == 302
    assert Client().get(f"/p/atlas/inbox{path}", headers={"HX-Request": "true"}).status_code == 401
    assert Client().get("/inbox").status_code == 302


def test_the_page_shows_one_of_each_with_what_settles_it(world: World) -> None:
    everything(world)
    page = html(world.ann)
    for path in (
        "/approve",
        "/deny",
        "/transition",
        "/unblock",
        "/resolve",
        "/acknowledge",
        "/read",
        "/messages",
    ):
        assert re.search(rf'data-act="[^"]*{path}"', page), path
    assert "Needs you · 6" in page
    assert "<h1>Inbox</h1>" in page


def test_all_my_projects_stand_in_one_list_with_their_names(world: World) -> None:
    other = a_world("other")
    ask(other, task=None, summary="In the other one")
    ask(world, task=None, summary="In this one")
    assert "In the other one" not in html(world.ann, "/inbox")
    set_member(actor=HOUSE, project=other.project, user=user_of(world.ann), role="viewer")
    page = html(world.ann, "/inbox")
    assert "In the other one" in page and "In this one" in page
    assert page.count("/approve") == 1


def test_a_viewer_reads_and_is_offered_nothing(world: World) -> None:
    everything(world)
    page = html(world.vic)
    assert "Request 0" in page and "Waits for others" in page
    for control in CONTROLS:
        assert f"{control}=" not in page


def test_who_asked_or_has_approved_is_told_that_others_decide(world: World) -> None:
    ask(world, task=None, actor=world.ann)
    page = html(world.ann)
    assert "somebody else has to decide" in page
    assert "/approve" not in page


def test_an_empty_inbox_teaches_what_comes_here(world: World) -> None:
    page = html(world.ann)
    assert "Nothing needs you" in page and "approves" in page
    assert 'class="kinds"' not in page


def test_one_kind_alone_is_in_the_address_and_nonsense_shows_everything(world: World) -> None:
    everything(world)
    only = html(world.ann, "/p/atlas/inbox?kind=alert")
    assert "Alert 0" in only and "Request 0" not in only
    assert "Request 0" in html(world.ann, "/p/atlas/inbox?kind=%00nonsense")


def test_the_badge_counts_what_i_can_settle(world: World) -> None:
    assert html(world.ann, "/p/atlas/inbox/count").strip() == ""
    everything(world)
    assert ">6<" in html(world.ann, "/p/atlas/inbox/count")
    assert html(world.vic, "/p/atlas/inbox/count").strip() == ""


def test_what_others_wrote_is_text(world: World) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'"
    payload = {"before": hostile, "after": f"{hostile}!", hostile: hostile}
    ask(world, task=None, summary=hostile, justification=hostile, rollback_plan=hostile, payload=payload)
    a_task(world.project, hostile)
    assert "<img" not in html(world.ann)


def test_a_change_is_shown_as_a_diff(world: World) -> None:
    ask(world, task=None, payload={"before": "one", "after": "two", "where": "live"})
    page = html(world.ann)
    assert "<del>-one</del>" in page and "<ins>+two</ins>" in page
    assert "&quot;where&quot;: &quot;live&quot;" in page


@pytest.mark.parametrize("path", ["/p/atlas/inbox", "/p/atlas/inbox/count", "/inbox"])
def test_as_many_queries_for_fifty_of_each_kind_as_for_five(world: World, path: str) -> None:
    everything(world, 5)
    client = browser_of(world.ann)
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    everything_more(world)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) == len(few), "\n".join(query["sql"][:150] for query in many)
