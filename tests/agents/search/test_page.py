"""The search page without a browser: what it answers, to whom, at what cost."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.models import Project
from tests.agents.building import a_member, a_project, an_agent
from tests.tasks.building import a_task
from tests.tasks.views.building import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def hers(project: Project) -> Client:
    client = Client()
    client.force_login(a_member(project, "ada"))
    return client


def page(client: Client, q: str = "", path: str = "", **more: str) -> str:
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    answer = client.get(f"/p/apollo/search{path}?q={quote(q)}{rest}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_search_teaches_the_language(hers: Client) -> None:
    html = page(hers)

    assert "What can be found" in html
    assert "/p/apollo/search?q=query%20-postgres" in html


def test_what_is_found_leads_to_its_place(project: Project, hers: Client) -> None:
    task = a_task(project, "Mend the pump", labels=["pumping"])
    an_agent(project, "pumper", name="Pumper")

    html = page(hers, "pum")

    assert f'href="/p/apollo/t/{task.key}"' in html
    assert 'href="/p/apollo/agents/pumper"' in html
    assert "Mend the <mark>pump</mark>" in html
    assert "/p/apollo/search?q=label%3Apumping" in html
    assert "Mend the" not in page(hers, "pum", kind="agent")
    assert "Nothing found" in page(hers, "elephant")


def test_a_filter_that_cannot_be_meant_is_explained_on_the_page(hers: Client) -> None:
    html = page(hers, "pump status:<b>")

    assert "There is no status “&lt;b&gt;”" in html
    assert "(at character 6)" in html
    assert 'value="pump status:&lt;b&gt;"' in html


def test_other_projects_are_searched_when_asked_for_and_never_those_of_others(
    project: Project, hers: Client
) -> None:
    mine, foreign = a_project("borealis"), a_project("cygnus")
    a_member(mine, "ada", "viewer")
    a_task(mine, "Pump in the north")
    a_task(foreign, "Pump far away")

    assert "Nothing found" in page(hers, "pump")
    everywhere = page(hers, "pump", all="1")
    assert "in the north" in everywhere
    assert "far away" not in everywhere
    assert hers.get("/p/cygnus/search?q=pump").status_code == 404
    assert Client().get("/p/apollo/search?q=pump").status_code == 302


def test_more_results_are_a_page_away(project: Project, hers: Client) -> None:
    fill(project, 33, a_member(project, "ben"), an_agent(project)[0])
    first = page(hers, "retry")
    following = first.partition('" rel="next"')[0].rpartition('href="')[2].replace("&amp;", "&")

    second = hers.get(following).content.decode()

    assert first.count("data-hit") == 30
    assert second.count("data-hit") == 3
    assert "First results" in second
    assert "Not a cursor" in page(hers, "retry", cursor="made-up")


def test_the_page_takes_the_same_number_of_queries_however_much_is_found(
    project: Project, hers: Client
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as made:
            page(hers, "retry")
        return len(made)

    agent, user = an_agent(project)[0], a_member(project, "ben")
    fill(project, 2, user, agent)
    few = cost()
    fill(project, 25, user, agent)

    assert cost() == few
