"""Limits of columns stop handing out work, and say so: to the claim, the heartbeat, and to who asks why."""

from __future__ import annotations

from typing import Any

import pytest

from agents.errors import BoardFull
from agents.queries.why import why
from agents.services.claims import claim
from missioncontrol.kernel.clock import database_now
from tasks.models import Assignment, Project, Task
from tasks.services.assigning import assign
from tasks.services.projects import update_project
from tests.agents.building import HOUSE, a_project, events, problem
from tests.agents.building import an_agent as a_caller
from tests.agents.claims.building import a_ready_task, an_agent
from tests.tasks.building import forced, together

pytestmark = pytest.mark.django_db
REVIEW_IS_FULL = "Review is full (1 of 1): no new work is handed out."


def limited(project: Project, **limits: int) -> Project:
    return update_project(actor=HOUSE, project=project, changes={"wip_limits": limits})


def test_a_full_review_stops_handing_out_work_and_says_so() -> None:
    project = limited(a_project(), review=1)
    _, actor = an_agent(project)
    task = a_ready_task(project)
    in_review = forced(a_ready_task(project, "Judge me"), "review")

    for ref in (None, task.key):
        with pytest.raises(BoardFull) as refused:
            claim(actor=actor, task_ref=ref)
        assert (refused.value.code, refused.value.message) == ("board_full", REVIEW_IS_FULL)
        assert refused.value.extra["retryable"] is True
    assert Task.objects.get(pk=task.pk).status == "ready"
    assert not Assignment.objects.filter(task=task).exists()
    assert events(project, "task.claimed") == []

    forced(in_review, "done")
    outcome = claim(actor=actor)
    assert outcome and outcome.task and outcome.task.key == task.key


@pytest.mark.parametrize(
    ("workflow", "column", "name"), [("guarded", "assigned", "Assigned"), ("light", "in_progress", "In progress")]
)  # fmt: skip
def test_the_column_a_claim_leads_to_is_never_filled_above_its_limit(
    workflow: str, column: str, name: str
) -> None:
    project = limited(a_project(workflow=workflow), **{column: 2})
    _, actor = an_agent(project, max_concurrent_tasks=9)
    for number in range(3):
        a_ready_task(project, f"Task {number}")
    assert [bool(claim(actor=actor)) for _ in range(2)] == [True, True]
    with pytest.raises(BoardFull, match=rf"^{name} is full \(2 of 2\)"):
        claim(actor=actor)
    assert Task.objects.filter(status=column).count() == 2


def test_other_limits_and_no_work_stop_nothing() -> None:
    project = limited(a_project(), ready=1, blocked=1, in_progress=1)
    _, actor = an_agent(project)
    forced(a_ready_task(project), "blocked")
    forced(a_ready_task(project), "in_progress")
    assert claim(actor=actor) is None
    a_ready_task(project)
    assert claim(actor=actor)


def test_a_full_board_without_work_has_nothing_to_do() -> None:
    project = limited(a_project(), review=1)
    _, actor = an_agent(project)
    forced(a_ready_task(project), "review")
    assert claim(actor=actor) is None


def test_what_is_assigned_already_may_still_be_taken_up() -> None:
    project = limited(a_project(), review=1, assigned=1)
    agent, actor = an_agent(project)
    forced(a_ready_task(project), "review")
    mine = assign(actor=HOUSE, task=a_ready_task(project), agents=[agent])
    outcome = claim(actor=actor)
    assert outcome and outcome.task and outcome.task.key == mine.key


def test_why_names_the_full_column(django_assert_num_queries: Any) -> None:
    project = limited(a_project(), review=1)
    for number in range(5):
        an_agent(project, f"bot-{number}")
    task = a_ready_task(project)
    assert why(task, database_now())["agents"][0]["eligible"] is True
    forced(a_ready_task(project), "review")
    now = database_now()
    with django_assert_num_queries(4):
        told = why(task, now)
    assert told["summary"] == REVIEW_IS_FULL
    assert [agent["reasons"] for agent in told["agents"]] == [[REVIEW_IS_FULL]] * 5


def test_the_api_and_the_heartbeat_say_so() -> None:
    project = limited(a_project(), review=1)
    _, bolt = a_caller(project)
    task = a_ready_task(project)
    beat = bolt.post("/agent/heartbeat", {"wanted": 3}).json()
    assert [row["key"] for row in beat["claimable"]] == [task.key]
    in_review = forced(a_ready_task(project), "review")

    refused = problem(bolt.post("/agent/claim"), 409, "board_full")
    assert refused["reasons"] == [REVIEW_IS_FULL]
    assert refused["next_action"].startswith("Help to empty")
    problem(bolt.post("/agent/claim", {"task": task.key}), 409, "board_full")
    assert bolt.post("/agent/heartbeat", {"wanted": 3}).json()["claimable"] == []

    forced(in_review, "done")
    assert bolt.post("/agent/claim").json()["task"]["key"] == task.key


@pytest.mark.django_db(transaction=True)
def test_eight_claims_at_once_stay_within_a_columns_limit() -> None:
    project = limited(a_project(), assigned=3)
    for number in range(8):
        a_ready_task(project, f"Task {number}")
    actors = [an_agent(project, f"bot-{number}")[1] for number in range(8)]
    results = together([lambda actor=actor: claim(actor=actor) for actor in actors])  # type: ignore[misc]
    assert sum(isinstance(result, BoardFull) for result in results) == 5
    assert Task.objects.filter(status="assigned").count() == 3
    assert Assignment.objects.count() == 3
