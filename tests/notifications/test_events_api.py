"""The event stream as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tasks.models import EventStream, Project
from tests.notifications.builders import a_project, a_task, a_token, happen

pytestmark = pytest.mark.django_db
PATH = "/api/v1/events"


def asking(project: Project, query: str) -> Any:
    """The answer to a service token of the project."""
    return Client().get(f"{PATH}?{query}", headers={"Authorization": f"Bearer {a_token(project, 'read')}"})


def test_events_come_oldest_first_and_the_next_page_begins_where_this_one_ends() -> None:
    project = a_project()
    task = a_task(project)
    for number in range(5):
        happen(task, "task.updated", number=number)
    first = asking(project, "project=atlas&limit=2").json()
    assert [event["seq"] for event in first["results"]] == [1, 2]
    assert first["results"][0]["data"]["number"] == 0
    assert (first["head"], first["resync"]) == (5, False)
    second = asking(project, first["next"].partition("?")[2]).json()
    assert [event["seq"] for event in second["results"]] == [3, 4]
    last = asking(project, second["next"].partition("?")[2]).json()
    assert ([event["seq"] for event in last["results"]], last["next"]) == ([5], None)


def test_what_retention_removed_is_told_as_a_resync() -> None:
    project = a_project()
    for _ in range(4):
        happen(a_task(project), "task.created")
    EventStream.objects.update(floor_seq=2)
    assert asking(project, "project=atlas&after=1").json()["resync"] is True
    assert asking(project, "project=atlas&after=2").json()["resync"] is False
    assert asking(project, "project=atlas&after=9").json()["resync"] is True


def test_another_projects_events_are_not_found() -> None:
    project = a_project()
    a_project("other")
    assert asking(project, "project=other").status_code == 404
    assert asking(project, "project=nowhere").status_code == 404


@pytest.mark.parametrize(
    "query", ["", "project=atlas&after=x", "project=atlas&limit=201", "project=atlas&a=1"]
)
def test_a_bad_query_is_refused(query: str) -> None:
    assert asking(a_project(), query).status_code == 400
