"""Assigning people and agents: status, lease and followers go along."""

from __future__ import annotations

import pytest

from missioncontrol.kernel.errors import Refused
from tasks.errors import NotYourTask
from tasks.models import Project, Subscription, Task
from tasks.services.assigning import assign, resolve_assignees
from tasks.services.transition import Step, transition
from tests.agents.building import events
from tests.tasks.building import BOSS, PLAN, a_member, a_project, a_task, an_agent, forced

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.mark.parametrize("origin", ["inbox", "ready"])
def test_the_first_assignee_moves_a_waiting_task_to_assigned(origin: str) -> None:
    project = a_project(auto_triage=origin == "ready")
    task = a_task(project)
    assert task.status == origin
    task = assign(actor=BOSS, task=task, agents=[an_agent(project)[0]], mode="add")
    assert task.status == "assigned"
    step = events(project, "task.transitioned")[-1]
    assert (step.actor_name, step.data["automatic"]) == ("assignment", True)


@pytest.mark.parametrize("status", ["review", "blocked", "needs_approval", "failed", "in_progress"])
def test_assigning_moves_no_other_status(project: Project, status: str) -> None:
    task = forced(a_task(project, agents=[an_agent(project)[0]]), status)
    task = assign(actor=BOSS, task=task, agents=[an_agent(project, "other")[0]], mode="add")
    assert task.status == status


@pytest.mark.parametrize(
    ("origin", "after"), [("assigned", "inbox"), ("in_progress", "ready"), ("review", "review")]
)
def test_the_last_assignee_gone_takes_the_task_back(project: Project, origin: str, after: str) -> None:
    agent = an_agent(project)[0]
    task = forced(a_task(project, agents=[agent]), origin)
    assert assign(actor=BOSS, task=task, agents=[agent], mode="remove").status == after


@pytest.mark.parametrize("status", ["done", "canceled"])
def test_a_finished_task_is_given_to_nobody(project: Project, status: str) -> None:
    task = forced(a_task(project), status)
    with pytest.raises(Refused) as refused:
        assign(actor=BOSS, task=task, agents=[an_agent(project)[0]])
    assert refused.value.code == "finished"


def test_reassigning_ends_the_lease_of_who_loses_the_task_at_once(project: Project) -> None:
    one, first = an_agent(project, "one")
    two, _ = an_agent(project, "two")
    task = a_task(project, agents=[one], work_plan=PLAN)
    task = transition(actor=first, task=task, step=Step(to="in_progress"))
    task = assign(actor=BOSS, task=task, agents=[two], mode="set")
    assert (task.holder_id, task.lease_expires_at, task.last_holder_id) == (None, None, one.pk)
    assert task.status == "in_progress"


def test_another_assignee_leaves_the_lease_where_it_is(project: Project) -> None:
    one, first = an_agent(project, "one")
    two, _ = an_agent(project, "two")
    task = transition(
        actor=first, task=a_task(project, agents=[one], work_plan=PLAN), step=Step(to="in_progress")
    )
    assert assign(actor=BOSS, task=task, agents=[two], mode="add").holder_id == one.pk


def test_only_those_newly_assigned_are_told_and_follow(project: Project) -> None:
    one, two = an_agent(project, "one")[0], an_agent(project, "two")[0]
    ada = a_member(project)
    task = a_task(project, agents=[one])
    assign(actor=BOSS, task=task, agents=[one, two], users=[ada], mode="set")
    data = events(project, "task.assigned")[-1].data
    assert data["added"] == {"agents": [str(two.pk)], "users": [ada.pk], "names": ["two", "ada"]}
    assert data["removed"] == {"agents": [], "users": [], "names": []}
    assert set(Subscription.objects.filter(task=task).values_list("agent__slug", "user__username")) == {
        ("one", None), ("two", None), (None, "ada"),
    }  # fmt: skip


def test_assigning_who_is_assigned_writes_nothing(project: Project) -> None:
    agent = an_agent(project)[0]
    task = a_task(project, agents=[agent])
    before = (task.version, len(events(project)))
    task = assign(actor=BOSS, task=task, agents=[agent], mode="add")
    assert (task.version, len(events(project))) == before


def test_an_agent_hands_on_what_it_made_or_has_and_takes_nothing(project: Project) -> None:
    one, first = an_agent(project, "one")
    two, second = an_agent(project, "two")
    task = a_task(project)
    with pytest.raises(NotYourTask):
        assign(actor=first, task=task, agents=[one], mode="add")
    task = assign(actor=BOSS, task=task, agents=[one])
    assert assign(actor=first, task=task, agents=[two], mode="add").assignments.count() == 2
    with pytest.raises(NotYourTask):
        assign(actor=an_agent(project, "three")[1], task=task, agents=[one], mode="remove")
    assert assign(actor=second, task=Task.objects.get(), agents=[two], mode="remove").assignments.count() == 1


def test_names_of_other_projects_and_removed_agents_are_unknown(project: Project) -> None:
    elsewhere = a_project("zeus")
    an_agent(elsewhere, "talos")
    a_member(elsewhere, "hera")
    an_agent(
        project,
        "gone",
    )
    project.agents.update(removed_at=project.created_at)
    with pytest.raises(Refused) as refused:
        resolve_assignees(project, ["talos", "gone"], ["hera", "nobody"])
    assert [error.field for error in refused.value.errors] == ["agents", "agents", "users", "users"]
