"""Claims over HTTP: status codes, waiting, replays."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection

from agents.models import Agent
from agents.services.keys import create_service_token
from agents.services.registry import create_agent
from tasks.models import Assignment, Event, Project, Task
from tasks.services.projects import set_mode
from tests.agents.building import HOUSE, Caller, a_member, a_project, signed_in, with_key
from tests.agents.claims.building import a_ready_task


def a_caller(project: Project, slug: str = "bot", **fields: Any) -> tuple[Agent, Caller]:
    """An agent that calls with its own key."""
    made = create_agent(actor=HOUSE, project=project, slug=slug, name=slug, **fields)
    return made.agent, with_key(made.key.secret)


@pytest.mark.django_db
def test_nothing_to_do_is_204() -> None:
    _, caller = a_caller(a_project())
    answer = caller.post("/agent/claim")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.django_db
def test_a_claim_answers_the_task_the_lease_and_what_is_left_of_the_budget() -> None:
    project = a_project()
    agent, caller = a_caller(project)
    task = a_ready_task(project, labels=["x"])
    answer = caller.post("/agent/claim", {"lease_s": 120})
    told = answer.json()
    assert answer.status_code == 200
    assert (told["task"]["key"], told["task"]["status"], told["task"]["holder"]) == (
        task.key,
        "assigned",
        agent.slug,
    )
    assert told["lease"]["token"] == told["task"]["lease"]["token"] == 1
    assert told["budget_left"]["per_day"] == "5.00"
    assert "in_progress" in told["task"]["allowed_transitions"]
    assert "ready" in told["task"]["allowed_transitions"]


@pytest.mark.django_db
def test_a_lost_named_claim_is_409_with_the_holder() -> None:
    project = a_project()
    _, first = a_caller(project, "first")
    _, second = a_caller(project, "second")
    task = a_ready_task(project)
    assert first.post("/agent/claim", {"task": task.key}).status_code == 200
    lost = second.post("/agent/claim", {"task": task.key.lower()})
    assert (lost.status_code, lost["Content-Type"]) == (409, "application/problem+json")
    assert lost.json()["holder"] == "first"
    assert lost.json()["code"] == "claim_lost"


@pytest.mark.django_db
def test_only_agents_claim() -> None:
    project = a_project()
    token = create_service_token(actor=HOUSE, project=project, name="ci", scopes=["read", "write", "operate"])
    for caller in (with_key(token.secret), signed_in(a_member(project))):
        assert caller.post("/agent/claim").status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"wait_s": 56}, 422),
        ({"wait_s": "1"}, 422),
        ({"lease_s": 1}, 422),
        ({"actor_type": "human"}, 422),
        ({"task": 7}, 422),
        ({"task": "NOPE-1"}, 404),
        ("[1]", 422),
        ("{", 400),
    ],
)
def test_a_bad_claim_is_told_and_takes_nothing(body: Any, status: int) -> None:
    project = a_project()
    _, caller = a_caller(project)
    a_ready_task(project)
    assert caller.post("/agent/claim", body).status_code == status
    assert Task.objects.get().status == "ready"


@pytest.mark.django_db
def test_a_paused_project_is_403_and_says_what_to_do() -> None:
    project = a_project()
    _, caller = a_caller(project)
    set_mode(actor=HOUSE, project=project, mode="paused")
    refused = caller.post("/agent/claim").json()
    assert (refused["status"], refused["code"]) == (403, "paused")
    assert refused["next_action"]


@pytest.mark.django_db(transaction=True)
def test_the_same_key_claims_once() -> None:
    project = a_project()
    _, caller = a_caller(project, max_concurrent_tasks=5)
    a_ready_task(project), a_ready_task(project)
    first = caller.post("/agent/claim", {}, Idempotency_Key="once")
    again = caller.post("/agent/claim", {}, Idempotency_Key="once")
    assert again["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    assert Assignment.objects.count() == 1
    other = caller.post("/agent/claim", {"lease_s": 60}, Idempotency_Key="once")
    assert other.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_a_waiting_claim_ends_early_when_work_appears() -> None:
    project = a_project()
    _, caller = a_caller(project)
    answers: list[Any] = []

    def wait() -> None:
        answers.append(caller.post("/agent/claim", {"wait_s": 30}))
        connection.close()

    began = time.monotonic()
    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.5)
    task = a_ready_task(project)
    thread.join(timeout=20)
    assert answers and answers[0].status_code == 200
    assert answers[0].json()["task"]["key"] == task.key
    assert time.monotonic() - began < 15


@pytest.mark.django_db
def test_releasing_and_renewing_over_http() -> None:
    project = a_project()
    _, caller = a_caller(project)
    task = a_ready_task(project)
    caller.post("/agent/claim")
    renewed = caller.post(f"/tasks/{task.key}/renew", {"lease_token": 1})
    assert renewed.json()["lease"]["token"] == 1
    stale = caller.post(f"/tasks/{task.key}/renew", {"lease_token": 7})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_lease")
    given_back = caller.post(f"/tasks/{task.key}/release", {"handover": "Half done."})
    assert (given_back.status_code, given_back.json()["status"]) == (200, "ready")
    assert Event.objects.filter(type="task.released").count() == 1
    assert Event.objects.filter(type="message.posted").count() == 1


@pytest.mark.django_db
def test_why_speaks_with_the_claims_own_predicates() -> None:
    project = a_project()
    _, caller = a_caller(project, "able", skills=["go"])
    a_caller(project, "unable")
    task = a_ready_task(project, required_skills=["go"])
    told = caller.get(f"/tasks/{task.key}/why").json()
    assert [(row["agent"], row["eligible"]) for row in told["agents"]] == [("able", True), ("unable", False)]
    assert told["agents"][1]["reasons"] == ["It lacks go."]
