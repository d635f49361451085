"""The feed: what it shows, to whom, narrowed by what, from which number on, and what it costs."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.queries.credentials import agent_actor
from agents.services.claims import claim
from agents.services.control import order
from missioncontrol.kernel.api.authentication import person
from tasks.models import Event, Project, Task, User
from tasks.services.tasks import create_task
from tasks.services.thread import post_message
from tests.agents.building import a_member, a_project, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project("apollo")


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project, "ada")


@pytest.fixture
def hers(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def a_task(project: Project, user: User, title: str) -> Task:
    return create_task(actor=person(user), project=project, title=title, description="It drips.", priority=2)


def seqs(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-seq="(\d+)" data-kind', html)]


def told(html: str) -> list[str]:
    """The lines as one reads them, without time."""
    lines = re.findall(r'<li class="feed-line".*?<p>(.*?)</p>', html, re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", line)).strip() for line in lines]


def lines(client: Client, query: str = "") -> str:
    answer = client.get(f"/p/apollo/feed/lines?{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_happened_is_told_newest_first_with_who_what_and_which_task(
    project: Project, ada: User, hers: Client
) -> None:
    scout, _ = an_agent(project, "scout", name="Scout")
    task = a_task(project, ada, "Mend the pump")
    claim(actor=agent_actor(scout, None), task_ref=task.key)
    post_message(actor=person(ada), task=task, content="Mind the valve")

    page = hers.get("/p/apollo/feed").content.decode()

    said = told(page)
    assert said[0] == f"ada wrote on {task.key} Mend the pump Mind the valve"
    assert f"Scout claimed {task.key} Mend the pump" in said
    assert f"ada created {task.key} Mend the pump" in said
    assert seqs(page) == sorted(seqs(page), reverse=True)
    assert len(seqs(page)) == Event.objects.filter(project=project).count()
    assert f'href="/p/apollo/t/{task.key}"' in page
    assert 'href="/p/apollo/agents/scout"' in page


def test_the_address_narrows_by_kind_agent_and_task(project: Project, ada: User, hers: Client) -> None:
    scout, _ = an_agent(project, "scout", name="Scout")
    pump, roof = a_task(project, ada, "Mend the pump"), a_task(project, ada, "Mend the roof")
    claim(actor=agent_actor(scout, None), task_ref=pump.key)
    post_message(actor=person(ada), task=pump, content="Mind the valve")
    order(actor=person(ada), agent=scout, action="pause", reason="Lunch")

    by_kind, by_agent = told(lines(hers, "kind=thread")), told(lines(hers, "agent=scout"))
    by_task, both = (
        told(lines(hers, f"task={pump.key.lower()}")),
        told(lines(hers, f"task={pump.key}&agent=scout")),
    )

    assert by_kind == [f"ada wrote on {pump.key} Mend the pump Mind the valve"]
    assert by_agent[0] == "ada paused Scout Lunch"
    assert f"Scout claimed {pump.key} Mend the pump" in by_agent
    assert not any("created" in line for line in by_agent)
    assert any("wrote on" in line for line in by_task) and not any(roof.key in line for line in by_task)
    assert f"Scout claimed {pump.key} Mend the pump" in both and not any("wrote" in line for line in both)


def test_older_lines_come_by_number_without_a_gap_or_a_repetition(
    project: Project, ada: User, hers: Client
) -> None:
    for number in range(60):
        a_task(project, ada, f"Task {number}")
    total = Event.objects.filter(project=project).count()

    shown, html = [], lines(hers)
    shown += seqs(html)
    while found := re.search(r"before=(\d+)", html):
        html = lines(hers, f"before={found[1]}")
        shown += seqs(html)

    assert shown == list(range(total, 0, -1))
    assert "That is where the history begins." in html


def test_new_lines_are_those_after_a_number(project: Project, ada: User, hers: Client) -> None:
    a_task(project, ada, "First")
    head = Event.objects.filter(project=project).count()
    assert seqs(lines(hers, f"after={head}")) == []

    a_task(project, ada, "Second")

    found = seqs(lines(hers, f"after={head}"))
    assert found == list(range(Event.objects.filter(project=project).count(), head, -1))
    assert "feed-more" not in lines(hers, f"after={head}")


def test_too_many_new_ones_say_so(
    project: Project, ada: User, hers: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.queries.feed.MOST_NEW", 2)
    a_task(project, ada, "First")

    html = lines(hers, "after=0")

    assert len(seqs(html)) == 2
    assert "data-overflow" in html


def test_the_number_of_queries_does_not_grow(project: Project, ada: User, hers: Client) -> None:
    scout, _ = an_agent(project, "scout")
    pump = a_task(project, ada, "Mend the pump")
    claim(actor=agent_actor(scout, None), task_ref=pump.key)
    queries = {path: queries_of(hers, path) for path in PATHS(pump)}

    for number in range(30):
        post_message(actor=person(a_member(project, f"m{number}")), task=pump, content="More")
        agent, _ = an_agent(project, f"a{number}")
        claim(actor=agent_actor(agent, None), task_ref=a_task(project, ada, f"Task {number}").key)

    assert {path: queries_of(hers, path) for path in PATHS(pump)} == queries
    assert max(queries.values()) <= 30


def PATHS(task: Task) -> list[str]:
    return [
        "",
        "/lines",
        "/lines?kind=agents",
        "/lines?agent=scout",
        f"/lines?task={task.key}",
        f"/lines?task={task.key}&agent=scout&after=1",
    ]


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(f"/p/apollo/feed{path}").status_code == 200
    return len(caught)


def test_what_nobody_knows_is_told_and_harms_nothing(project: Project, hers: Client) -> None:
    assert "There is no agent “nobody” in this project." in lines(hers, "agent=nobody")
    assert "There is no task “X-1” in this project." in lines(hers, "task=X-1")
    for query in ("kind=nonsense", "before=x", "before=-1", f"before={'9' * 40}", "after=%00", "task=%00"):
        assert hers.get(f"/p/apollo/feed?{query}").status_code == 200


def test_an_empty_feed_teaches(project: Project, hers: Client) -> None:
    Task.objects.filter(project=project).delete()

    assert "Nothing like this yet" in lines(hers, "kind=alerts")
    assert 'href="/p/apollo/feed"' in lines(hers, "kind=alerts")


def test_the_feed_of_another_project_is_not_found(project: Project, hers: Client) -> None:
    a_project("hermes")

    assert hers.get("/p/hermes/feed").status_code == 404
    assert hers.get("/p/hermes/feed/lines?after=0").status_code == 404
    assert Client().get("/p/apollo/feed").status_code == 302


def test_text_of_people_stays_text(project: Project, ada: User, hers: Client) -> None:
    task = a_task(project, ada, "<img src=x onerror=alert(1)>")
    post_message(actor=person(ada), task=task, content="<script>alert(1)</script>")

    html = lines(hers)

    assert "<script>" not in html and "<img" not in html
