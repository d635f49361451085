"""Who may read and write tasks over HTTP."""

from __future__ import annotations

import pytest

from tasks.models import Project, Task
from tests.agents.building import (
    Caller,
    a_member,
    a_project,
    a_service,
    an_agent,
    nobody,
    problem,
    signed_in,
)
from tests.tasks.api.reading import keys
from tests.tasks.building import a_task as made

pytestmark = pytest.mark.django_db


def test_nobody_reads_without_a_credential(project: Project) -> None:
    problem(nobody().get("/tasks"), 401, "unauthenticated")
    problem(nobody().post("/tasks", {}), 401, "unauthenticated")


def test_a_viewer_reads_and_writes_nothing(project: Project) -> None:
    vera = signed_in(a_member(project, "vera", "viewer"))
    task = made(project)
    assert keys(vera.get("/tasks")) == [task.key]
    shown = vera.get(f"/tasks/{task.key}").json()
    assert shown["allowed_transitions"] == []
    problem(vera.post("/tasks", {"project": "apollo", "title": "T"}), 403)
    problem(vera.patch(f"/tasks/{task.key}", {"title": "T"}), 403)
    problem(vera.post(f"/tasks/{task.key}/transition", {"to": "canceled", "reason": "x"}), 403)
    problem(vera.post(f"/tasks/{task.key}/move", {"to": "inbox"}), 403)
    problem(vera.post(f"/tasks/{task.key}/assign", {"users": ["vera"]}), 403)
    assert Task.objects.get().version == task.version


def test_a_service_that_reads_does_not_write(project: Project) -> None:
    reader = a_service(project, "read")
    task = made(project)
    assert keys(reader.get("/tasks")) == [task.key]
    problem(reader.post("/tasks", {"project": "apollo", "title": "T"}), 403)


def test_an_agent_makes_tasks_only_with_its_flag(project: Project) -> None:
    _, may = an_agent(project, "bolt", can_create_tasks=True)
    _, may_not = an_agent(project, "rust", can_create_tasks=False)
    assert may.post("/tasks", {"project": "apollo", "title": "T"}).json()["source"] == "agent"
    problem(may_not.post("/tasks", {"project": "apollo", "title": "T"}), 403, "flag_missing")


def test_tasks_of_other_projects_are_not_there(project: Project, ada: Caller) -> None:
    foreign = made(a_project("zeus"))
    assert keys(ada.get("/tasks")) == []
    for path in ("", "/why", "/dependencies", "/subtasks"):
        problem(ada.get(f"/tasks/{foreign.key}{path}"), 404, "not_found")
        problem(ada.get(f"/tasks/{foreign.pk}{path}"), 404, "not_found")
    problem(ada.patch(f"/tasks/{foreign.key}", {"title": "Mine"}), 404)
    problem(ada.get("/tasks?project=zeus"), 404)
