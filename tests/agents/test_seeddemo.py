"""The demo board of a first start."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from agents.models import Agent
from agents.services.demo import AGENTS, CARDS
from missioncontrol.kernel.actor import Actor
from tasks.models import Event, Project, Task
from tasks.services.projects import create_project

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def project() -> Project:
    return create_project(actor=Actor.system("tests"), slug="demo", key_prefix="DEMO")


def seed() -> int:
    out = StringIO()
    call_command("seeddemo", "--project", "demo", "--json", stdout=out, skip_checks=True)
    made: int = json.loads(out.getvalue())["tasks"]
    return made


def test_a_new_project_shows_a_team_at_work() -> None:
    assert seed() == len(CARDS)
    held = set(Task.objects.values_list("status", flat=True))
    assert held >= {"inbox", "ready", "in_progress", "review", "needs_approval", "blocked", "done"}
    assert Agent.objects.count() == len(AGENTS)


def test_a_project_with_tasks_is_left_alone() -> None:
    seed()
    events = Event.objects.count()
    assert seed() == 0
    assert Event.objects.count() == events
