"""The drawer's tab that explains: each step for who looks, each agent's reasons."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.queries.credentials import agent_actor
from agents.services.claims import claim
from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task
from tasks.services.tasks import create_task
from tests.agents.building import a_member, a_project, an_agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project("apollo")


def a_task(project: Project, **fields: Any) -> Task:
    given = {"description": "It drips.", "priority": 2, **fields}
    return create_task(
        actor=person(a_member(project, "ada")), project=project, title="Mend the pump", **given
    )


def shown(project: Project, task: Task, role: str = "owner") -> Any:
    client = Client()
    client.force_login(a_member(project, f"ben-{role}", role))
    return client.get(f"/p/{project.slug}/t/{task.key}/why/list")


def verdicts(answer: Any) -> dict[str, str]:
    return {edge.to: edge.verdict for edge in answer.context["edges"]}


def test_every_step_is_tried_for_who_looks(project: Project) -> None:
    task = a_task(project)

    answer = shown(project, task)

    assert verdicts(answer) == {
        "inbox": "legal",
        "assigned": "needs",
        "in_progress": "needs",
        "needs_approval": "no",
        "blocked": "needs",
        "canceled": "needs",
    }
    html = answer.content.decode()
    assert "Assign somebody first." in html
    assert "A work plan of 3 to 6 bullets is needed" in html
    assert "is not for a person or service" in html


def test_a_viewer_learns_that_nothing_is_theirs_to_move(project: Project) -> None:
    answer = shown(project, a_task(project), "viewer")

    assert set(verdicts(answer).values()) == {"no"}


def test_it_says_why_each_agent_has_not_taken_the_task(project: Project) -> None:
    an_agent(project, "lathe", name="Lathe", skills=["milling"])
    an_agent(project, "scout", name="Scout")

    html = shown(project, a_task(project, required_skills=["milling"])).content.decode()

    assert "Lathe would get it with the next claim." in html
    assert "It lacks milling." in html


def test_a_task_somebody_works_on_asks_no_agent(project: Project) -> None:
    scout, _ = an_agent(project, "scout", name="Scout")
    task = a_task(project)
    claim(actor=agent_actor(scout, None), task_ref=task.key)

    answer = shown(project, task)

    assert answer.context["claim"] is None
    assert "Why nobody has taken it" not in answer.content.decode()


def test_it_costs_the_same_for_2_and_for_20_agents(project: Project) -> None:
    task = a_task(project)
    client = Client()
    client.force_login(a_member(project, "ben", "owner"))
    counts = []
    for many in (2, 20):
        for number in range(many):
            an_agent(project, f"a{many}-{number}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/p/{project.slug}/t/{task.key}/why/list").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_task_of_another_project_is_not_found(project: Project) -> None:
    other = a_task(a_project("borealis"))
    assert shown(project, other).status_code == 404
