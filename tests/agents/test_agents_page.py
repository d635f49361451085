"""The agents' page: what a card offers, to whom."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from agents.queries.credentials import agent_actor
from agents.services.claims import claim
from missioncontrol.kernel.api.authentication import person
from tasks.models import Assignment, Project, Task
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


def test_a_card_says_what_its_agent_may_spend_and_how_its_tasks_ended(project: Project, task: Task) -> None:
    an_agent(project, "idle", level="intern")
    now = timezone.now()
    Agent.objects.filter(slug="scout").update(budget_per_day=Decimal("7.5"), reported_spend=Decimal("1.25"))
    for number, (status, age) in enumerate([("done", 1), ("done", 2), ("failed", 3), ("failed", 31)]):
        ended = create_task(actor=person(a_member(project, f"maker{number}")), project=project, title="Over")
        Assignment.objects.create(task=ended, agent=Agent.objects.get(slug="scout"))
        Task.objects.filter(pk=ended.pk).update(status=status, completed_at=now - timedelta(days=age))

    html = " ".join(re.sub(r"<[^>]+>", " ", page(project, "viewer")).split())

    assert "Spend $1.25 of $7.50 a day, it says Finished 2 done, 1 failed · 67 %" in html
    assert "Spend not reported, of $2.00 a day Finished nothing in 30 days" in html
