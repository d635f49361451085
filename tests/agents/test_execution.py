"""Execution requests: the first claim wins, and only who claimed reports."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from agents.models import ExecutionRequest
from agents.services.control import order
from agents.services.credentials import check_bearer
from agents.services.execution import claim_request, get_request, request_execution
from missioncontrol.kernel.errors import Conflict
from tasks.models import Project, Task
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE, Caller, a_member, a_project, an_agent, events, problem, signed_in


def _task(project: Project, **fields: Any) -> Task:
    return create_task(actor=HOUSE, project=project, title="Build", **fields)


@pytest.mark.django_db
def test_a_request_goes_from_pending_to_completed_with_its_result() -> None:
    project = a_project()
    _, caller = an_agent(project)
    task = _task(project)
    operator = signed_in(a_member(project, "bob", "operator"))
    made = operator.post(
        "/execution-requests", {"task": task.key, "executor": "cursor", "payload": {"a": [1]}}
    )
    assert made.status_code == 201
    path = f"/execution-requests/{made.json()['id']}"
    assert (made.json()["status"], made.json()["payload"]) == ("pending", {"a": [1]})
    assert caller.post(f"{path}/claim").json()["claimed_by"] == "bolt"
    assert caller.post(f"{path}/claim").status_code == 200
    caller.post(f"{path}/status", {"status": "in_progress"})
    done = caller.post(f"{path}/status", {"status": "completed", "result": {"commit": "abc"}}).json()
    assert (done["status"], done["result"]) == ("completed", {"commit": "abc"})
    assert done["finished_at"] is not None
    assert caller.post(f"{path}/status", {"status": "completed"}).json()["version"] == done["version"]
    told = [event.type for event in events(project) if event.target_type == "execution"]
    assert told == ["execution.requested", "execution.claimed", "execution.updated", "execution.updated"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("type", "executor"), [("engineering", "claude_code"), ("docs", "cursor"), ("social", "openclaw_agent")]
)
def test_without_an_executor_the_tasks_type_decides(type: str, executor: str) -> None:
    project = a_project()
    row = request_execution(actor=HOUSE, task=_task(project, type=type))
    assert row.executor == executor


@pytest.mark.django_db
def test_a_second_claim_learns_who_was_first() -> None:
    project = a_project()
    row = request_execution(actor=HOUSE, task=_task(project))
    _, first = an_agent(project, "first")
    _, second = an_agent(project, "second")
    first.post(f"/execution-requests/{row.pk}/claim")
    document = problem(second.post(f"/execution-requests/{row.pk}/claim"), 409, "claim_lost")
    assert document["holder"] == "first"
    problem(second.post(f"/execution-requests/{row.pk}/status", {"status": "failed"}), 403, "not_claimed")
    assert ExecutionRequest.objects.get().status == "assigned"


@pytest.mark.django_db
@pytest.mark.parametrize("to", ["in_progress", "completed", "failed"])
def test_there_is_no_step_from_pending_but_the_claim(to: str) -> None:
    project = a_project()
    row = request_execution(actor=HOUSE, task=_task(project))
    owner = signed_in(a_member(project))
    problem(owner.post(f"/execution-requests/{row.pk}/status", {"status": to}), 422, "bad_step")
    assert ExecutionRequest.objects.get().status == "pending"


@pytest.mark.django_db
def test_a_request_is_canceled_by_who_asked_or_an_operator_until_it_has_ended() -> None:
    project = a_project()
    agent, caller = an_agent(project)
    row = request_execution(actor=HOUSE, task=_task(project))
    problem(caller.post(f"/execution-requests/{row.pk}/cancel"), 403)
    owner = signed_in(a_member(project))
    for _ in range(2):
        assert owner.post(f"/execution-requests/{row.pk}/cancel").json()["status"] == "canceled"
    problem(caller.post(f"/execution-requests/{row.pk}/claim"), 409, "claim_lost")
    task = _task(project, agents=[agent], description="it", priority=1)
    own = caller.post("/execution-requests", {"task": task.key}).json()
    assert caller.post(f"/execution-requests/{own['id']}/cancel").json()["status"] == "canceled"


@pytest.mark.django_db
def test_a_paused_agent_claims_no_execution() -> None:
    project = a_project()
    agent, caller = an_agent(project)
    row = request_execution(actor=HOUSE, task=_task(project))
    order(actor=HOUSE, agent=agent, action="pause")
    problem(caller.post(f"/execution-requests/{row.pk}/claim"), 403, "paused")


@pytest.mark.django_db
def test_agents_hand_on_their_own_tasks_only_and_strangers_see_none() -> None:
    project = a_project()
    _, caller = an_agent(project)
    task = _task(project)
    problem(caller.post("/execution-requests", {"task": task.key}), 403, "not_assigned")
    row = request_execution(actor=HOUSE, task=task)
    stranger = signed_in(a_member(a_project("gemini"), "eve"))
    problem(stranger.get(f"/execution-requests/{row.pk}"), 404)
    problem(stranger.post("/execution-requests", {"task": task.key}), 404)
    assert stranger.get("/execution-requests").json()["results"] == []
    assert len(caller.get(f"/execution-requests?task={task.key}&status=pending").json()["results"]) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("ref", ["nonsense", "00000000-0000-0000-0000-000000000000", "x" * 300])
def test_an_unknown_request_is_not_found(ref: str) -> None:
    _, caller = an_agent(a_project())
    problem(caller.post(f"/execution-requests/{ref}/claim"), 404)


@pytest.mark.django_db(transaction=True)
def test_of_eight_claims_at_once_exactly_one_wins() -> None:
    project = a_project()
    callers = [an_agent(project, f"agent-{number}")[1] for number in range(8)]
    rows = [request_execution(actor=HOUSE, task=_task(project)) for _ in range(5)]
    wins: list[tuple[str, str]] = []
    start = threading.Barrier(len(callers))

    def race(caller: Caller) -> None:
        checked = check_bearer(caller.headers["Authorization"].removeprefix("Bearer "))
        assert checked.agent is not None
        start.wait()
        for row in rows:
            try:
                seen = get_request(checked.actor, str(row.pk))
                claim_request(actor=checked.actor, request=seen, agent=checked.agent)
            except Conflict:
                continue
            wins.append((str(row.pk), checked.actor.name))
        connection.close()

    threads = [threading.Thread(target=race, args=(caller,)) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(pk for pk, _ in wins) == sorted(str(row.pk) for row in rows)
    holders = {
        str(row.pk): row.claimed_by.slug
        for row in ExecutionRequest.objects.select_related("claimed_by")
        if row.claimed_by
    }
    assert holders == dict(wins)
    assert len(events(project, "execution.claimed")) == len(rows)
