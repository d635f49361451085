"""One task over HTTP."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks.models import Project
from tasks.queries.tasks import BEHIND, PLAIN
from tests.agents.building import (
    Caller,
    a_member,
    an_agent,
    problem,
)
from tests.tasks.api.reading import keys
from tests.tasks.building import a_task as made
from tests.tasks.building import forced

pytestmark = pytest.mark.django_db


def test_a_task_is_named_by_id_or_key_in_any_case(project: Project, ada: Caller) -> None:
    task = made(project)
    for name in (task.key, task.key.lower(), str(task.pk), str(task.pk).upper(), task.pk.hex):
        assert ada.get(f"/tasks/{name}").json()["id"] == str(task.pk)
    for name in ("APOL-99", "x", "%F0%9F%98%80", "a" * 500, "'--"):
        problem(ada.get(f"/tasks/{name}"), 404, "not_found")


def test_the_lease_is_shown_to_its_holder_only(project: Project, ada: Caller) -> None:
    _, bolt = an_agent(project)
    _, rust = an_agent(project, "rust")
    key = made(project).key
    lease = bolt.post("/agent/claim").json()["lease"]
    assert bolt.get(f"/tasks/{key}").json()["lease"] == lease
    assert bolt.get("/tasks").json()["results"][0]["lease"] == lease
    for other in (rust, ada):
        assert other.get(f"/tasks/{key}").json()["lease"] is None
        row = other.get("/tasks").json()["results"][0]
        assert (row["lease"], row["holder"]) == (None, "bolt")


def test_the_steps_offered_depend_on_who_asks(project: Project, ada: Caller) -> None:
    _, bolt = an_agent(project)
    key = made(project).key
    bolt.post("/agent/claim")
    assert bolt.get(f"/tasks/{key}").json()["allowed_transitions"] == ["ready", "in_progress", "blocked"]
    assert "canceled" in ada.get(f"/tasks/{key}").json()["allowed_transitions"]


def test_a_task_costs_three_queries_to_an_agent_however_much_hangs_on_it(project: Project) -> None:
    agent, bolt = an_agent(project)
    user = a_member(project, "uma")
    parent = made(project)
    task = made(project, agents=[agent], users=[user], reviewer=user, parent=parent, labels=["a", "b", "c"])
    for number in range(10):
        made(project, f"child {number}", parent=task)
    bolt.get("/workflow")  # the first use of a key is noted
    with CaptureQueriesContext(connection) as queries:
        shown = bolt.get(f"/tasks/{task.key}").json()
    assert len(queries) == 3
    assert shown["subtasks"] == {"total": 10, "done": 0}


def test_list_rows_and_the_task_itself_say_the_same(project: Project, ada: Caller) -> None:
    agent, _ = an_agent(project)
    user = a_member(project, "uma")
    task = made(
        project, agents=[agent], users=[user], reviewer=agent, labels=["x"], dependencies=[made(project)]
    )
    made(project, parent=task)
    whole = ada.get(f"/tasks/{task.key}").json()
    row = next(row for row in ada.get("/tasks").json()["results"] if row["key"] == task.key)
    assert row == {name: whole[name] for name in row}
    assert set(whole) - set(row) == {
        "description",
        "work_plan",
        "deliverable",
        "checklist",
        "allowed_transitions",
    }
    assert len(PLAIN) + len(BEHIND) > 40


def test_subtasks_are_listed_oldest_first(project: Project, ada: Caller) -> None:
    parent = made(project)
    children = [made(project, f"child {n}", parent=parent) for n in range(3)]
    assert keys(ada.get(f"/tasks/{parent.key}/subtasks")) == [task.key for task in children]
    assert keys(ada.get(f"/tasks/{children[0].key}/subtasks")) == []
    forced(children[0], "done")
    forced(children[1], "canceled")
    assert ada.get(f"/tasks/{parent.key}").json()["subtasks"] == {"total": 2, "done": 1}
