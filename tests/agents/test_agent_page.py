"""An agent's own page: what it shows to whom, and what it costs."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from agents.queries.credentials import agent_actor
from agents.services.claims import claim
from agents.services.control import order
from agents.services.documents import put_document
from agents.services.keys import issue_key, revoke_key
from agents.services.registry import remove_agent
from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE, Caller, a_member, a_project, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project("apollo")


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project, "ada")


@pytest.fixture
def scout(project: Project) -> tuple[Agent, Caller]:
    return an_agent(project, "scout", name="Scout", skills=["python"], role_text="Mends *pumps*.")


def a_task(project: Project, user: User, title: str) -> Task:
    return create_task(actor=person(user), project=project, title=title, description="It drips.", priority=2)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, path: str = "/agents/scout", status: int = 200) -> str:
    answer = browser(user).get(f"/p/apollo{path}")
    assert answer.status_code == status
    return answer.content.decode()


def test_the_page_says_who_it_is_what_it_does_and_why_it_is_held(
    project: Project, ada: User, scout: tuple[Agent, Caller]
) -> None:
    agent, itself = scout
    task = a_task(project, ada, "Mend the pump")
    claim(actor=agent_actor(agent, None), task_ref=task.key)
    told = {"health": "working", "task": task.key, "progress": 40, "note": "Half way"}
    assert itself.post("/agents/scout/activity", told).status_code == 201
    order(actor=person(ada), agent=agent, action="pause", reason="Lunch")

    html = page(ada)

    for said in (
        "Scout",
        "Specialist",
        "<em>pumps</em>",
        "python",
        task.key,
        "Half way",
        "40 %",
        "“Lunch”",
        "by ada",
    ):
        assert said in html, said
    assert 'href="/p/apollo/feed?agent=scout"' in html
    assert 'data-order="resume"' in html and 'data-order="pause"' not in html


def test_only_owners_see_keys_and_may_edit(project: Project, ada: User, scout: tuple[Agent, Caller]) -> None:
    key = issue_key(actor=HOUSE, agent=scout[0])
    revoke_key(actor=HOUSE, agent=scout[0], prefix=key.prefix)
    ben, vic = a_member(project, "ben", "operator"), a_member(project, "vic", "viewer")

    hers, bens, vics = page(ada), page(ben), page(vic)

    assert (
        key.prefix in hers and "data-rotate-key" in hers and "data-edit-agent" in hers and "Revoked" in hers
    )
    assert key.secret not in hers
    for html in (bens, vics):
        assert "mca_" not in html.replace("PASTE-THE-KEY-HERE", "")
        assert "data-rotate-key" not in html and "data-edit-agent" not in html
    assert "data-order" in bens and "data-order" not in vics


def test_a_removed_agent_is_shown_and_offered_nothing(
    project: Project, ada: User, scout: tuple[Agent, Caller]
) -> None:
    remove_agent(actor=HOUSE, agent=scout[0])

    html = page(ada)

    assert "taken out of service" in html
    assert "data-order" not in html and "data-rotate-key" not in html


def test_documents_are_read_with_every_version(
    project: Project, ada: User, scout: tuple[Agent, Caller]
) -> None:
    agent = scout[0]
    actor = agent_actor(agent, None)
    put_document(actor=actor, agent=agent, kind="working", content="First **draft** <script>")
    put_document(actor=actor, agent=agent, kind="working", content="Second")
    put_document(actor=actor, agent=agent, kind="daily_note", content="Rain", day=date(2026, 2, 3))

    listed = page(ada)
    latest, first = (
        page(ada, "/agents/scout/documents/working"),
        page(ada, "/agents/scout/documents/working?version=1"),
    )

    assert 'href="/p/apollo/agents/scout/documents/daily_note/2026-02-03"' in listed
    assert "Second" in latest and "<strong>draft</strong>" not in latest and "earlier version" not in latest
    assert (
        "<strong>draft</strong>" in first
        and "earlier version" in first
        and "<script>" not in first.split("</head>")[1].split("<article")[1].split("</article>")[0]
    )
    assert "Rain" in page(ada, "/agents/scout/documents/daily_note/2026-02-03")


@pytest.mark.parametrize(
    "path",
    [
        "/agents/nobody",
        "/agents/nobody/inside",
        "/agents/nobody/connect",
        "/agents/scout/documents/working",
        "/agents/scout/documents/diary",
        "/agents/scout/documents/daily_note",
        "/agents/scout/documents/daily_note/2026-13-40",
        "/agents/scout/documents/daily_note/yesterday",
        "/agents/scout/documents/session_memory/2026-01-01",
    ],
)
def test_what_is_not_there_is_not_found(ada: User, scout: tuple[Agent, Caller], path: str) -> None:
    page(ada, path, status=404)


def test_the_agent_of_another_project_is_not_found(ada: User, scout: tuple[Agent, Caller]) -> None:
    other = a_project("hermes")
    an_agent(other, "stranger")

    page(ada, "/agents/stranger", status=404)
    assert browser(ada).get("/p/hermes/agents/stranger").status_code == 404


@pytest.mark.parametrize("slug", ["cards", "dots", "inside"])
def test_an_agent_may_be_called_like_a_part_of_the_page(project: Project, ada: User, slug: str) -> None:
    an_agent(project, slug, name=f"The {slug}")

    assert f"<h1>The {slug}</h1>" in page(ada, f"/agents/{slug}")


def test_the_number_of_queries_does_not_grow(
    project: Project, ada: User, scout: tuple[Agent, Caller]
) -> None:
    agent, itself = scout
    before = queries(ada)

    for number in range(20):
        task = create_task(
            actor=person(ada),
            project=project,
            title=f"Task {number}",
            description="x",
            priority=2,
            agents=[agent],
        )
        itself.post("/agents/scout/activity", {"health": "working", "note": f"{number}", "task": task.key})
        put_document(
            actor=agent_actor(agent, None),
            agent=agent,
            kind="daily_note",
            content="x",
            day=date(2026, 1, number + 1),
        )
        issue_key(actor=HOUSE, agent=agent)

    assert queries(ada) == before <= 25


def queries(user: User) -> int:
    client = browser(user)
    with CaptureQueriesContext(connection) as caught:
        assert client.get("/p/apollo/agents/scout").status_code == 200
    return len(caught)


def test_the_palette_finds_by_key_by_words_and_by_letters(
    project: Project, ada: User, scout: tuple[Agent, Caller]
) -> None:
    pump, roof = a_task(project, ada, "Mend the pump"), a_task(project, ada, "Paint the roof")

    def found(text: str) -> list[str]:
        answer = browser(ada).get("/p/apollo/palette", {"q": text})
        return [task["key"] for task in answer.json()["tasks"]]

    assert found("") == [roof.key, pump.key]
    assert found(pump.key.lower()) == [pump.key]
    assert found("pump mend") == [pump.key]
    assert found("pntrf") == [roof.key]
    assert found("the")[:2] == [roof.key, pump.key]
    assert found("zzz") == [] == found("%_%")
    answer = browser(ada).get("/p/apollo/palette").json()
    assert answer["agents"] == [
        {"slug": "scout", "name": "Scout", "emoji": "", "state": "active", "paused_by_all": False}
    ]
    assert [one["slug"] for one in answer["projects"]] == ["apollo"]


def test_the_palette_costs_the_same_however_much_there_is(project: Project, ada: User) -> None:
    a_task(project, ada, "Mend the pump")
    few = palette_queries(ada)
    for number in range(30):
        a_task(project, ada, f"Task {number}")
        an_agent(project, f"a{number}")

    assert palette_queries(ada) == few


def palette_queries(user: User) -> int:
    client = browser(user)
    with CaptureQueriesContext(connection) as caught:
        assert client.get("/p/apollo/palette?q=pmp").status_code == 200
    return len(caught)


def test_the_palette_of_another_project_is_not_found(ada: User) -> None:
    a_project("hermes")

    assert browser(ada).get("/p/hermes/palette").status_code == 404
