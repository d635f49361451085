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


DONE = {
    "work_plan": {"bullets": ["Read it", "Write it", "Check it"]},
    "deliverable": {"summary": "It is done."},
    "checklist": {"items": [{"label": "Tests", "checked": True}]},
}


def handed_in(owner: Caller, project: Project, worker: Caller) -> Task:
    """A task that the agent has claimed, done and handed in."""
    task = a_task(owner, project)
    assert worker.post("/agent/claim", {"task": task.key}).status_code == 200
    for to in ("in_progress", "review"):
        assert worker.post(f"/tasks/{task.key}/transition", {"to": to, **DONE}).status_code == 200
    return task


def test_an_agent_does_not_close_its_own_work_by_leaving_it_first() -> None:
    project = a_project(agents_may_close=True)
    owner = signed_in(a_member(project))
    _, bolt = an_agent(project, "bolt", can_close=True, can_review=True)
    _, nova = an_agent(project, "nova", can_close=True, can_review=True)
    task = handed_in(owner, project, bolt)
    assert bolt.post(f"/tasks/{task.key}/assign", {"agents": ["bolt"], "mode": "remove"}).status_code == 200

    assert bolt.post(f"/tasks/{task.key}/transition", {"to": "done"}).status_code == 403
    praise = {"kind": "praise", "content": "Splendid.", "score": 10}
    problem(bolt.post(f"/tasks/{task.key}/reviews", praise), 403, "own_work")

    task.refresh_from_db()
    assert (task.status, task.reviews.count()) == ("review", 0)
    assert nova.post(f"/tasks/{task.key}/reviews", praise).status_code == 201
    assert nova.post(f"/tasks/{task.key}/transition", {"to": "done"}).status_code == 200


@pytest.mark.parametrize("flag", ["can_close", "can_review"])
def test_an_agent_does_not_make_its_own_judge(project: Project, flag: str) -> None:
    _, bolt = an_agent(project, "bolt", max_spawn=2, can_close=True, can_review=True)
    body = {"project": project.slug, "slug": "puppet", "name": "Puppet", flag: True}

    refused = problem(bolt.post("/agents", body), 422, "above_parent")

    assert [error["field"] for error in refused["errors"]] == [flag]
    assert project.agents.count() == 1


@pytest.mark.parametrize("status", ["done", "failed", "canceled"])
def test_an_agent_changes_nothing_of_what_is_finished(project: Project, owner: Caller, status: str) -> None:
    _, bolt = an_agent(project, "bolt", can_create_tasks=True)
    task = handed_in(owner, project, bolt)
    other = a_task(owner, project)
    moved = owner.post(f"/tasks/{task.key}/transition", {"to": status, "reason": "So be it."})
    assert moved.status_code == 200, moved.content
    before = len(events(project))

    for change in ({"deliverable": {"summary": "Something else."}}, {"description": "New."}, {"progress": 5}):
        problem(bolt.patch(f"/tasks/{task.key}", change), 422, "finished")
    problem(bolt.patch(f"/tasks/{task.key}/status", {"status": status, "progress": 5}), 422, "finished")
    problem(bolt.post(f"/tasks/{task.key}/dependencies", {"depends_on": other.key}), 422, "finished")

    assert len(events(project)) == before
    assert owner.patch(f"/tasks/{task.key}", {"description": "For the record."}).status_code == 200
