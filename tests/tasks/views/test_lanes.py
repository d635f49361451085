"""Lanes of a board: every card in its own, heads with counts, pages without gap or double, at a constant cost."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from missioncontrol.kernel.api.authentication import person
from tasks.models import Label, Project, Task, User
from tasks.services.tasks import create_task
from tests.agents.building import an_agent

from .building import fill

pytestmark = pytest.mark.django_db
LANE_OR_CARD = re.compile(
    r'data-lane="([^"]*)"><span class="clip">([^<]*)</span> <span class="count">(\d+)|data-key="([^"]*)"'
)


def read(page: str) -> list[str]:
    """Heads as `lane|title|count` and cards as their keys, in the order of the page."""
    return [key or f"{lane}|{title}|{count}" for lane, title, count, key in LANE_OR_CARD.findall(page)]


@pytest.fixture
def tasks(project: Project, ada: User) -> list[Task]:
    bolt, _ = an_agent(project)
    actor = person(ada)
    made = [create_task(actor=actor, project=project, title="First", priority=2, labels=["red", "blue"])]
    made.append(create_task(actor=actor, project=project, title="Second", parent=made[0], agents=[bolt]))
    made.append(
        create_task(actor=actor, project=project, title="Third", priority=2, labels=["red"], users=[ada])
    )
    Task.objects.update(status="inbox")
    return made


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        ("agent", ["|No agent|2", "3", "1", "bolt|Bolt|1", "2"]),
        ("priority", ["|No priority|1", "2", "2|High|2", "3", "1"]),
        ("parent", ["|No parent|2", "3", "1", "APOL-1|APOL-1 First|1", "2"]),
        ("label", ["|No label|1", "2", "blue|blue|1", "1", "red|red|1", "3"]),
        ("", ["3", "2", "1"]),
        ("colour", ["3", "2", "1"]),
    ],
)
def test_each_card_is_in_its_lane(
    project: Project, tasks: list[Task], hers: Client, lane: str, expected: list[str]
) -> None:
    wanted = [f"APOL-{part}" if part.isdecimal() else part for part in expected]
    assert read(hers.get(f"/p/apollo/columns/inbox?lane={lane}").content.decode()) == wanted
    page = hers.get(f"/p/apollo?lane={lane}").content.decode()
    assert read(page) == wanted
    assert ('data-lanes=""' in page) is (lane in {"", "colour"})


def test_lanes_and_filters_go_together(project: Project, tasks: list[Task], hers: Client) -> None:
    page = hers.get("/p/apollo?lane=agent&q=label:red").content.decode()
    assert read(page) == ["|No agent|2", "APOL-3", "APOL-1"]
    assert 'data-query="q=label%3Ared&amp;lane=agent"' in page
    assert 'href="/p/apollo?lane=agent" data-drop="label"' in page


@pytest.mark.parametrize("lane", ["agent", "priority", "parent", "label"])
def test_pages_of_a_laned_column_meet_without_gap_or_double(
    project: Project, ada: User, hers: Client, lane: str
) -> None:
    agent, _ = an_agent(project)
    made = fill(project, 900, ada, agent)
    # Names that sort differently in every alphabet, and one that could be taken for a place.
    labels = [
        Label.objects.create(project=project, name=name) for name in ("1.2 a/b&c", "Ärger", "a b", "A-b", "~")
    ]
    for number, task in enumerate(made):
        task.labels.set([labels[number // 10 % 5]])
    Task.objects.filter(pk__in=[task.pk for task in made[::20]]).update(parent=made[5])
    wanted = {task.key for task in made if task.status == "ready"}
    seen: list[str] = []
    path = f"/p/apollo/columns/ready?lane={lane}"
    while path:
        page = hers.get(path).content.decode()
        seen += read(page)
        _, found, rest = page.partition('hx-get="')
        path = rest.split('"')[0].replace("&amp;", "&") if found else ""

    heads = [part for part in seen if "|" in part]
    cards = [part for part in seen if "|" not in part]
    assert len(cards) == len(set(cards)) == len(wanted)
    assert set(cards) == wanted
    assert len(heads) == len(set(heads))
    assert sum(int(head.rpartition("|")[2]) for head in heads) == len(wanted)


@pytest.mark.parametrize("lane", ["agent", "priority", "parent", "label"])
@pytest.mark.parametrize("path", ["", "/columns", "/columns/ready"])
def test_lanes_cost_the_same_for_50_and_for_2_000_tasks(
    project: Project, ada: User, hers: Client, lane: str, path: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert hers.get(f"/p/apollo{path}?lane={lane}").status_code == 200
        return len(caught)

    agent, _ = an_agent(project)
    made = fill(project, 50, ada, agent)
    Task.objects.filter(pk__in=[task.pk for task in made[::2]]).update(parent=made[1])
    few = cost()
    fill(project, 1_950, ada, agent)
    # Names are read only where a lane has one to read: one query less is no growth.
    assert few - 1 <= cost() <= few <= 34


@pytest.mark.parametrize(
    "after", ["x", "1", "1.2.agent", "%00", "1.00000000-0000-7000-8000-000000000001.%00"]
)
def test_a_place_in_lanes_that_is_none_is_refused(project: Project, hers: Client, after: str) -> None:
    assert hers.get(f"/p/apollo/columns/ready?lane=agent&after={after}").status_code == 400
