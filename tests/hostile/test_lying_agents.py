"""Agents that reach for what is not theirs to do."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.models import Project, Task
from tests.agents.building import Caller, a_member, a_project, an_agent, events, problem, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def owner(project: Project) -> Caller:
    return signed_in(a_member(project))


def a_task(owner: Caller, project: Project, **fields: Any) -> Task:
    """A triaged task that a person made."""
    body = {
        "project": project.slug,
        "title": "Write it",
        "description": "All of it.",
        "priority": 2,
        **fields,
    }
    made = owner.post("/tasks", body)
    assert made.status_code == 201, made.content
    return Task.objects.get(pk=made.json()["id"])


def test_an_agent_cannot_have_its_own_work_approved_by_a_label(project: Project, owner: Caller) -> None:
    _, bolt = an_agent(project, "bolt")
    task = a_task(owner, project, agents=["bolt"])
    before = len(events(project))

    refused = problem(bolt.patch(f"/tasks/{task.key}", {"labels": ["auto-approve"]}), 403, "label_not_yours")

    assert refused["errors"][0]["field"] == "labels"
    assert not task.labels.exists()
    assert len(events(project)) == before


def test_an_agent_cannot_make_a_task_that_closes_by_itself(project: Project) -> None:
    _, bolt = an_agent(project, "bolt", can_create_tasks=True)

    body = {"project": project.slug, "title": "Mine", "labels": [" auto-approve "]}
    problem(bolt.post("/tasks", body), 403, "label_not_yours")

    assert not Task.objects.filter(project=project).exists()


def test_an_agent_keeps_the_approval_by_label_that_a_person_chose(project: Project, owner: Caller) -> None:
    _, bolt = an_agent(project, "bolt")
    task = a_task(owner, project, agents=["bolt"], labels=["auto-approve"])

    assert bolt.patch(f"/tasks/{task.key}", {"labels": ["auto-approve", "docs"]}).status_code == 200
    problem(bolt.patch(f"/tasks/{task.key}", {"labels": ["docs"]}), 403, "label_not_yours")

    assert sorted(task.labels.values_list("name", flat=True)) == ["auto-approve", "docs"]


@pytest.mark.parametrize(
    "body",
    [{"agents": ["bolt"], "mode": "remove"}, {"agents": ["nova"], "mode": "set"}],
    ids=["remove", "set"],
)
def test_a_colleague_cannot_take_a_task_from_the_agent_that_holds_it(
    project: Project, owner: Caller, body: dict[str, Any]
) -> None:
    bolt, holder = an_agent(project, "bolt")
    _, nova = an_agent(project, "nova")
    task = a_task(owner, project, agents=["bolt", "nova"])
    assert holder.post("/agent/claim", {"task": task.key}).status_code == 200
    before = len(events(project))

    problem(nova.post(f"/tasks/{task.key}/assign", body), 409, "lease_held")

    task.refresh_from_db()
    assert task.holder_id == bolt.pk
    assert task.assignments.count() == 2
    assert len(events(project)) == before


def test_a_person_may_take_a_task_from_its_holder(project: Project, owner: Caller) -> None:
    _, holder = an_agent(project, "bolt")
    an_agent(project, "nova")
    task = a_task(owner, project, agents=["bolt"])
    holder.post("/agent/claim", {"task": task.key})

    moved = owner.post(f"/tasks/{task.key}/assign", {"agents": ["nova"], "mode": "set"})

    assert moved.status_code == 200
    task.refresh_from_db()
    assert task.holder_id is None


def test_an_agent_that_moves_what_it_did_not_claim_is_told_to_claim_it(
    project: Project, owner: Caller
) -> None:
    _, bolt = an_agent(project, "bolt")
    task = a_task(owner, project)
    body = {"to": "in_progress", "work_plan": {"bullets": ["Read it", "Write it", "Check it"]}}

    refused = problem(bolt.post(f"/tasks/{task.key}/transition", body), 422, "transition_refused")

    assert [error["field"] for error in refused["errors"]] == ["assignees"]
    assert "claim" in refused["errors"][0]["message"]
    assert refused["next_action"].startswith("Claim it with POST /api/v1/agent/claim")
    assert bolt.post("/agent/claim", {"task": task.key}).status_code == 200
    assert bolt.post(f"/tasks/{task.key}/transition", body).status_code == 200


def test_a_person_is_told_to_assign_somebody(project: Project, owner: Caller) -> None:
    task = a_task(owner, project)

    refused = problem(owner.post(f"/tasks/{task.key}/transition", {"to": "assigned"}), 422)

    assert refused["errors"][0]["message"] == "Assign somebody first."
    assert "next_action" not in refused
