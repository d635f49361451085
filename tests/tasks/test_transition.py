"""What a step does besides changing the status, all in one transaction."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tasks.errors import VersionConflict
from tasks.models import Event, Project, Refusal, Review, Task, Transition
from tasks.services import hooks
from tasks.services.locking import lock_task, write_task
from tasks.services.transition import Step, transition
from tests.agents.building import events
from tests.tasks.building import BOSS, HOUSE, PLAN, WORK, a_project, a_task, an_agent, forced

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


def moved(task: Task, to: str, actor: object = BOSS, **with_it: object) -> Task:
    return transition(actor=actor, task=task, step=Step(to=to, **with_it))  # type: ignore[arg-type]


def test_times_follow_the_status(project: Project) -> None:
    task = a_task(project, agents=[an_agent(project)[0]], **WORK)
    assert (task.started_at, task.submitted_at, task.completed_at) == (None, None, None)
    task = moved(task, "in_progress")
    started = task.started_at
    assert started is not None
    task = moved(task, "review")
    submitted = task.submitted_at
    assert submitted is not None
    task = moved(task, "in_progress")
    task = moved(task, "review")
    assert task.started_at == started
    assert task.submitted_at is not None
    assert task.submitted_at > submitted
    task = moved(task, "done")
    assert (task.completed_at is not None, task.progress) == (True, 100)
    task = moved(task, "review", reason="Look again.")
    assert task.completed_at is None
    for closed in ("failed", "canceled"):
        assert forced(task, closed).completed_at is not None


def test_every_return_from_review_counts_as_a_cycle(project: Project) -> None:
    task = forced(a_task(project, agents=[an_agent(project)[0]], **WORK), "in_progress")
    for cycle in (1, 2):
        task = moved(moved(task, "review"), "in_progress")
        assert task.review_cycles == cycle


def test_a_block_keeps_its_reason_and_who_set_it_until_it_is_lifted(project: Project) -> None:
    agent, actor = an_agent(project)
    task = moved(a_task(project, agents=[agent], work_plan=PLAN), "in_progress", actor)
    task = moved(task, "blocked", actor, reason="No access.")
    assert (task.blocked_reason, task.blocked_by, task.block_cause) == ("No access.", "agent", "reason")
    task = moved(task, "in_progress")
    assert (task.blocked_reason, task.blocked_by, task.block_cause) == ("", "", "")
    assert task.loop_watermark is not None


def test_a_task_back_from_an_approval_forgets_where_it_came_from(project: Project) -> None:
    task = forced(a_task(project, agents=[an_agent(project)[0]], **WORK), "in_progress")
    task = moved(task, "needs_approval", HOUSE)
    assert task.return_status == "in_progress"
    assert moved(task, "in_progress").return_status == ""


def test_the_lease_ends_when_work_ends_and_comes_back_with_the_work(project: Project) -> None:
    agent, actor = an_agent(project)
    task = moved(a_task(project, agents=[agent], **WORK), "in_progress", actor)
    assert (task.holder_id, task.lease_token) == (agent.pk, 1)
    task = moved(task, "review", actor)
    assert (task.holder_id, task.lease_expires_at, task.last_holder_id) == (None, None, agent.pk)
    task = moved(task, "in_progress")
    assert (task.holder_id, task.lease_token) == (agent.pk, 2)
    assert events(project, "task.transitioned")[-1].data["lease"] == {"agent": str(agent.pk), "token": 2}


def test_no_lease_comes_back_to_who_was_taken_off_or_shut_out(project: Project) -> None:
    agent, actor = an_agent(project)
    other = an_agent(project, "other")[0]
    task = moved(a_task(project, agents=[agent, other], **WORK), "in_progress", actor)
    task = moved(task, "review", actor)
    task.assignments.filter(agent=agent).delete()
    assert moved(task, "in_progress").holder_id is None


def test_a_step_keeps_what_it_brought_and_the_row_a_copy(project: Project) -> None:
    agent, actor = an_agent(project)
    task = moved(a_task(project, agents=[agent]), "in_progress", actor, work_plan=PLAN, progress=5)
    assert (task.work_plan, task.progress) == (PLAN, 5)
    row = Transition.objects.get(to_status="in_progress")
    assert row.artifacts == {"work_plan": PLAN}
    task = moved(task, "in_progress", actor)
    assert Transition.objects.filter(to_status="in_progress").count() == 1


def test_an_agent_that_gives_a_task_back_is_off_it(project: Project) -> None:
    agent, actor = an_agent(project)
    task = moved(a_task(project, agents=[agent], work_plan=PLAN), "in_progress", actor)
    task = moved(task, "ready", actor)
    assert (task.status, task.holder_id, task.assignments.count()) == ("ready", None, 0)


def test_pending_reviews_are_superseded_when_the_review_is_over(project: Project) -> None:
    task = forced(a_task(project), "review")
    review = Review.objects.create(project=project, task=task, kind="praise", score=9)
    moved(task, "done")
    review.refresh_from_db()
    assert review.state == "superseded"


def test_a_hook_that_fails_takes_the_step_back(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    task = a_task(project)
    before = Event.objects.count()
    monkeypatch.setattr(hooks, "after_transition", [*hooks.after_transition, fail])
    with pytest.raises(ZeroDivisionError):
        moved(task, "blocked", reason="Wait.")
    assert Task.objects.get().status == "ready"
    assert (Event.objects.count(), Transition.objects.filter(to_status="blocked").count()) == (before, 0)


def test_a_row_that_changed_since_it_was_read_is_not_overwritten(project: Project) -> None:
    task = a_task(project)
    stale = lock_task(task.pk)
    write_task(lock_task(task.pk), title="Theirs")
    with pytest.raises(VersionConflict):
        write_task(stale, title="Mine")
    assert Task.objects.get().title == "Theirs"


def test_a_refusal_is_kept_with_who_why_and_when(project: Project) -> None:
    _, actor = an_agent(project)
    task = a_task(project)
    before = timezone.now() - timedelta(seconds=1)
    with pytest.raises(Exception, match="no step"):
        moved(task, "done", actor)
    row = Refusal.objects.get()
    assert (row.task_id, row.from_status, row.to_status) == (task.pk, "ready", "done")
    assert (row.actor_kind, row.actor_name, row.code) == ("agent", "bolt", "transition_refused")
    assert row.at > before
    assert row.reason
