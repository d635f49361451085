"""The agents' page: what a card offers, to whom."""

from __future__ import annotations

import pytest
from django.test import Client

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


@pytest.fixture
def task(project: Project) -> Task:
    scout, _ = an_agent(project, "scout", name="Scout")
    ada = person(a_member(project, "ada"))
    fields = {"description": "It drips.", "priority": 2}
    made = create_task(actor=ada, project=project, title="Mend the pump", **fields)  # type: ignore[arg-type]
    claim(actor=agent_actor(scout, None), task_ref=made.key)
    return made


def page(project: Project, role: str) -> str:
    client = Client()
    client.force_login(a_member(project, "ben", role))
    answer = client.get(f"/p/{project.slug}/agents/-/cards")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("role", ["owner", "operator"])
def test_who_may_operate_is_offered_to_reassign_and_to_cancel(
    project: Project, task: Task, role: str
) -> None:
    html = page(project, role)

    assert f'data-reassign="{task.key}" data-held-by="scout"' in html
    assert f'data-cancel-task="{task.key}" data-held-by="scout"' in html


def test_a_viewer_sees_the_work_and_is_offered_nothing(project: Project, task: Task) -> None:
    html = page(project, "viewer")

    assert task.key in html
    for control in ("data-reassign", "data-cancel-task", "data-post"):
        assert control not in html


def test_an_agent_without_a_task_has_none_to_give_away(project: Project) -> None:
    an_agent(project, "idle")

    assert "data-reassign" not in page(project, "owner")
