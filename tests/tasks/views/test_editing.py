"""What the drawer offers to edit, to whom; and the choices its forms are made of."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from missioncontrol.kernel.api.authentication import person
from tasks.models import Project, Task, User
from tasks.services.projects import set_member
from tasks.services.tasks import create_task
from tasks.services.transition import Step, transition
from tests.agents.building import HOUSE, a_member, a_project, an_agent

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
FIELDS = {
    "title",
    "description",
    "priority",
    "type",
    "labels",
    "due_at",
    "estimate_minutes",
    "required_skills",
    "reviewer",
    "assignees",
}


@pytest.fixture
def project() -> Project:
    return a_project("apollo")


@pytest.fixture
def ada(project: Project) -> User:
    return a_member(project, "ada")


@pytest.fixture
def task(project: Project, ada: User) -> Task:
    agent, _ = an_agent(project)
    fields = {"description": "It drips.", "priority": 2, "agents": [agent], "users": [ada]}
    return create_task(actor=person(ada), project=project, title="Mend the pump", **fields)  # type: ignore[arg-type]


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def drawer(user: User, task: Task) -> str:
    return client_of(user).get(f"/p/apollo/t/{task.key}", headers=FRAGMENT).content.decode()


def offered(page: str) -> set[str]:
    return set(re.findall(r'data-edit="(\w+)"', page))


@pytest.mark.parametrize("role", ["owner", "operator"])
def test_who_may_write_is_offered_every_field(project: Project, task: Task, role: str) -> None:
    page = drawer(a_member(project, "ben", role), task)

    assert offered(page) == FIELDS
    assert set(re.findall(r'data-unassign="([^"]+)"', page)) == {"agent:bolt", "user:ada"}


def test_a_viewer_reads_the_same_values_without_a_single_control(project: Project, task: Task) -> None:
    page = drawer(a_member(project, "vic", "viewer"), task)

    assert offered(page) == set()
    assert "data-unassign" not in page
    assert "Mend the pump" in page
    assert "High" in page


def test_nobody_is_put_on_a_task_that_is_over(project: Project, ada: User, task: Task) -> None:
    step = Step(to="done", override=True, reason="Done by hand")
    transition(actor=person(ada), task=task, step=step)

    page = drawer(ada, task)

    assert offered(page) == FIELDS - {"assignees"}
    assert "data-unassign" not in page


def test_the_choices_are_those_of_the_project_as_of_now(project: Project, ada: User) -> None:
    an_agent(project, "bolt", name="Bolt")
    an_agent(a_project("other"), "stranger")
    found = client_of(ada).get("/p/apollo/choices").json()
    assert [agent["slug"] for agent in found["agents"]] == ["bolt"]
    assert found["people"] == [{"slug": "ada", "name": "ada"}]

    set_member(actor=HOUSE, project=project, user=a_member(a_project("third"), "ben"), role="viewer")

    found = client_of(ada).get("/p/apollo/choices").json()
    assert [who["slug"] for who in found["people"]] == ["ada", "ben"]


def test_the_choices_are_for_members_alone(project: Project) -> None:
    stranger = a_member(a_project("other"), "eve")

    assert client_of(stranger).get("/p/apollo/choices").status_code == 404
    assert Client().get("/p/apollo/choices").status_code == 302
