"""Which steps an agent may take, and when."""

from __future__ import annotations

import pytest

from missioncontrol.kernel.errors import Forbidden
from tasks.errors import FlagMissing, LeaseHeld, NotYourTask, StaleLease, TransitionRefused
from tasks.models import Project, Refusal, Task
from tasks.services.transition import Step, dry_run, transition
from tests.tasks.building import (
    HOUSE,
    WORK,
    a_project,
    a_task,
    an_agent,
    forced,
)
from tests.tasks.workflow.building import somebody

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("origin", ["assigned", "in_progress"])
def test_an_agent_that_is_not_assigned_moves_nothing(project: Project, origin: str) -> None:
    task = forced(a_task(project, agents=[an_agent(project)[0]], **WORK), origin)
    _, stranger = an_agent(project, "stranger")
    with pytest.raises(NotYourTask) as refused:
        transition(actor=stranger, task=task, step=Step(to="blocked", reason="Mine!"))
    assert (refused.value.status, refused.value.code) == (403, "not_assigned")


def test_a_co_assignee_waits_until_the_lease_is_free(project: Project) -> None:
    first, one = an_agent(project, "one")
    second, two = an_agent(project, "two")
    task = a_task(project, agents=[first, second], **WORK)
    task = transition(actor=one, task=task, step=Step(to="in_progress"))
    with pytest.raises(LeaseHeld):
        transition(actor=two, task=task, step=Step(to="review"))
    later = task.lease_expires_at
    assert later is not None
    taken = transition(actor=two, task=task, step=Step(to="blocked", reason="Gone."), now=later)
    assert (taken.status, taken.holder_id) == ("blocked", None)


@pytest.mark.parametrize("origin", ["review", "blocked"])
def test_the_reviewer_may_move_what_it_reviews(project: Project, origin: str) -> None:
    worker, doing = an_agent(project)
    reviewer, judging = an_agent(project, "judge")
    task = a_task(project, agents=[worker], reviewer=reviewer, **WORK)
    task = transition(actor=doing, task=task, step=Step(to="in_progress"))
    task = transition(actor=doing, task=task, step=Step(to=origin, reason="Stuck."))
    back = transition(actor=judging, task=task, step=Step(to="in_progress", reason="Again."))
    assert (back.status, back.holder_id) == ("in_progress", worker.pk)


@pytest.mark.parametrize("origin", ["review", "blocked"])
def test_any_other_agent_may_not(project: Project, origin: str) -> None:
    worker, doing = an_agent(project)
    task = a_task(project, agents=[worker], **WORK)
    task = transition(actor=doing, task=task, step=Step(to="in_progress"))
    task = transition(actor=doing, task=task, step=Step(to=origin, reason="Stuck."))
    with pytest.raises(NotYourTask):
        transition(actor=an_agent(project, "stranger")[1], task=task, step=Step(to="in_progress"))


@pytest.mark.parametrize("by", ["human", "service", "system"])
def test_a_block_that_no_agent_set_is_lifted_by_no_agent(project: Project, by: str) -> None:
    agent, actor = an_agent(project)
    task = forced(a_task(project, agents=[agent], **WORK), "in_progress")
    task = transition(actor=somebody(project, by), task=task, step=Step(to="blocked", reason="Stop."))
    assert task.blocked_by == by
    with pytest.raises(Forbidden) as refused:
        transition(actor=actor, task=task, step=Step(to="in_progress"))
    assert refused.value.code == "block_not_yours"
    assert refused.value.extra["next_action"]


@pytest.mark.parametrize(
    ("may", "flag", "assigned"), [(False, True, False), (True, False, False), (True, True, True)]
)
def test_an_agent_closes_only_with_leave_a_flag_and_nothing_of_its_own_in_it(
    may: bool, flag: bool, assigned: bool
) -> None:
    project = a_project(agents_may_close=may)
    agent, actor = an_agent(project, can_close=flag)
    on_it = agent if assigned else an_agent(project, "other")[0]
    task = forced(a_task(project, agents=[on_it], reviewer=agent), "review")
    with pytest.raises(FlagMissing) as refused:
        transition(actor=actor, task=task, step=Step(to="done"))
    assert refused.value.code == "may_not_close"


def test_the_system_closes_only_what_may_close_by_itself(project: Project) -> None:
    task = forced(a_task(project), "review")
    with pytest.raises(TransitionRefused):
        transition(actor=HOUSE, task=task, step=Step(to="done"))
    assert transition(actor=HOUSE, task=task, step=Step(to="done", auto_approvable=True)).status == "done"


def test_a_stale_lease_writes_nothing(project: Project) -> None:
    agent, actor = an_agent(project)
    task = a_task(project, agents=[agent], **WORK)
    task = transition(actor=actor, task=task, step=Step(to="in_progress"))
    with pytest.raises(StaleLease):
        transition(actor=actor, task=task, step=Step(to="review", lease_token=task.lease_token - 1))
    assert Task.objects.get(pk=task.pk).status == "in_progress"
    assert Refusal.objects.get().code == "stale_lease"
    told = dry_run(actor=actor, task=task, step=Step(to="review", lease_token=99))
    assert (told.allowed, told.code) == (False, "stale_lease")
