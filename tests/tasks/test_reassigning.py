"""Giving a task to another agent, or back to the pool, in one go."""

from __future__ import annotations

import pytest

from agents.services.claims import claim
from missioncontrol.kernel.errors import Conflict, Forbidden, Refused
from tasks.models import Project, Refusal, Task, Transition
from tasks.services.reassigning import reassign
from tests.agents.building import events
from tests.tasks.building import BOSS, a_member, a_project, a_task, actor_of, an_agent, forced, together

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


def held(project: Project, status: str = "in_progress", slug: str = "one") -> Task:
    """A task in work, or stopped, that the agent claimed."""
    agent, actor = an_agent(project, slug)
    task = a_task(project)
    claim(actor=actor, task_ref=task.key)
    assert agent.held_tasks.count() == 1
    task = Task.objects.get(pk=task.pk)
    return task if status == "assigned" else forced(task, status)


@pytest.mark.parametrize("origin", ["assigned", "in_progress", "blocked", "needs_approval"])
def test_the_task_goes_to_the_other_agent_as_one_it_has_yet_to_begin(project: Project, origin: str) -> None:
    task, (two, _) = held(project, origin), an_agent(project, "two")
    after = reassign(actor=BOSS, task=task, agent=two, reason="One is stuck.")
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.holder_id, row.version) == ("assigned", None, after.version)
    assert [each.agent for each in row.assignments.all()] == [two]
    assert events(project, "task.assigned")[-1].data["added"]["names"] == ["two"]
    if origin != "assigned":
        step = Transition.objects.filter(task=task).latest("id")
        assert (step.to_status, step.reason, step.actor_name) == ("assigned", "One is stuck.", "boss")


@pytest.mark.parametrize("origin", ["assigned", "in_progress", "blocked"])
def test_without_an_agent_it_is_ready_for_whoever_claims_it(project: Project, origin: str) -> None:
    task = held(project, origin)
    reassign(actor=BOSS, task=task, agent=None)
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.holder_id, row.assignments.count()) == ("ready", None, 0)
    taken = claim(actor=an_agent(project, "two")[1])
    assert taken is not None and taken.task == row


def test_people_and_other_agents_stay_on_it(project: Project) -> None:
    task, (two, _), (aide, _) = held(project), an_agent(project, "two"), an_agent(project, "aide")
    ada = a_member(project)
    task.assignments.create(agent=aide)
    task.assignments.create(user=ada)
    reassign(actor=actor_of(ada), task=task, agent=two)
    assert {str(each.agent or each.user) for each in task.assignments.all()} == {"Aide", "Two", "ada"}


def test_a_task_that_changed_hands_meanwhile_stays_with_who_has_it(project: Project) -> None:
    task, (two, _) = held(project), an_agent(project, "two")
    with pytest.raises(Conflict, match="no longer with zoe") as refused:
        reassign(actor=BOSS, task=task, agent=two, held_by="zoe")
    assert refused.value.code == "changed_hands"
    assert Task.objects.get().version == task.version
    assert Refusal.objects.get().code == "changed_hands"


def test_a_finished_task_stays_as_it_is(project: Project) -> None:
    task = forced(held(project), "done")
    with pytest.raises(Refused):
        reassign(actor=BOSS, task=task, agent=None)
    assert Task.objects.get().assignments.count() == 1


def test_only_who_may_operate_reassigns(project: Project) -> None:
    task, (two, actor) = held(project), an_agent(project, "two")
    for somebody in (actor, actor_of(a_member(project, "vic", "viewer"))):
        with pytest.raises(Forbidden):
            reassign(actor=somebody, task=task, agent=two)
    assert Task.objects.get().holder_id == task.holder_id


@pytest.mark.django_db(transaction=True)
def test_of_two_who_reassign_at_once_one_wins_and_the_other_is_told() -> None:
    project = a_project()
    task = held(project)
    heirs = [an_agent(project, slug)[0] for slug in ("two", "three")]
    results = together(
        [lambda heir=heir: reassign(actor=BOSS, task=task, agent=heir, held_by="one") for heir in heirs]
    )
    lost = [each for each in results if isinstance(each, Conflict)]
    assert [each.code for each in lost] == ["changed_hands"], results
    assert Task.objects.get().assignments.count() == 1
