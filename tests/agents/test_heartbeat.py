"""The heartbeat: everything there is for the agent, for few queries and few writes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import ActivityEntry, Agent, Alert
from agents.services.approvals import request_approval
from agents.services.claims import claim
from agents.services.control import order
from agents.services.credentials import check_bearer
from missioncontrol.kernel.actor import Actor
from notifications.jobs import relay_events
from tasks.models import Project, Task
from tasks.services.assigning import assign
from tasks.services.projects import set_mode
from tasks.services.tasks import create_task
from tests.agents.building import (
    HOUSE,
    Caller,
    a_member,
    a_project,
    a_service,
    an_agent,
    events,
    problem,
    signed_in,
)

pytestmark = pytest.mark.django_db


def _ready(project: Project, number: int = 1, **fields: Any) -> list[Task]:
    made = {"description": "it", "priority": 3, **fields}
    return [create_task(actor=HOUSE, project=project, title=f"Task {n}", **made) for n in range(number)]


def _actor(caller: Caller) -> Actor:
    return check_bearer(caller.headers["Authorization"].removeprefix("Bearer ")).actor


def _held(caller: Caller) -> Task:
    claimed = claim(actor=_actor(caller))
    assert claimed is not None
    assert claimed.task is not None
    return claimed.task


def test_an_empty_beat_is_a_sign_of_life_and_says_when_the_next_is_due() -> None:
    agent, caller = an_agent(a_project(), heartbeat_interval_s=60)
    answer = caller.post("/agent/heartbeat").json()
    agent.refresh_from_db()
    assert agent.last_beat_at is not None
    assert (answer["agent"]["slug"], answer["agent"]["state"], answer["mode"]) == ("bolt", "active", "normal")
    assert (answer["tasks"], answer["claimable"], answer["directives"], answer["leases"]) == ([], [], [], [])
    assert (answer["notifications"], answer["notifications_cursor"]) == ([], None)
    due = datetime.fromisoformat(answer["next_beat_due_at"])
    assert due - datetime.fromisoformat(answer["server_now"]) == timedelta(seconds=60)
    assert answer["budget_left"]["per_day"] == "5.00"


def test_a_beat_with_nothing_to_tell_needs_at_most_four_queries() -> None:
    _, caller = an_agent(a_project())
    with CaptureQueriesContext(connection) as first:
        caller.post("/agent/heartbeat", {"health": "idle"})
    assert len(first) <= 4, [row["sql"] for row in first]
    with CaptureQueriesContext(connection) as second:
        caller.post("/agent/heartbeat", {"health": "idle"})
    assert len(second) <= 2, [row["sql"] for row in second]


@pytest.mark.parametrize("number", [1, 20])
def test_a_full_beat_needs_at_most_nine_queries_however_much_there_is(number: int) -> None:
    project = a_project()
    agent, caller = an_agent(project, max_concurrent_tasks=100)
    for task in _ready(project, number):
        assign(actor=HOUSE, task=task, agents=[agent])
        task = _held(caller)
    request_approval(
        actor=_actor(caller), project=project, action_type="deploy", summary="Ship it", payload={}
    )
    _ready(project, number)
    relay_events()
    Task.objects.filter(holder=agent).update(lease_expires_at=timezone.now() + timedelta(seconds=60))
    Agent.objects.update(health="working", last_beat_at=timezone.now() - timedelta(hours=1))
    said = {"health": "working", "progress": 30, "load": 50, "wanted": 10, "note": "on it"}
    with CaptureQueriesContext(connection) as queries:
        answer = caller.post("/agent/heartbeat", said).json()
    assert len(queries) <= 9, [row["sql"] for row in queries]
    assert (len(answer["tasks"]), len(answer["leases"])) == (number, number)
    assert (len(answer["claimable"]), len(answer["approvals"])) == (min(number, 10), 1)
    assert len(answer["notifications"]) == min(number, 20)


def test_beats_in_quick_succession_that_say_nothing_new_write_once() -> None:
    _, caller = an_agent(a_project())
    caller.post("/agent/heartbeat", {"health": "idle"})
    first = Agent.objects.get().last_beat_at
    caller.post("/agent/heartbeat", {"health": "idle"})
    assert Agent.objects.get().last_beat_at == first
    assert first is not None
    Agent.objects.update(last_beat_at=first - timedelta(seconds=10))
    caller.post("/agent/heartbeat", {"health": "idle"})
    later = Agent.objects.get().last_beat_at
    assert later is not None
    assert later > first - timedelta(seconds=1)


def test_only_a_change_of_health_or_task_writes_an_event() -> None:
    project = a_project()
    agent, caller = an_agent(project)
    for load in (10, 20):
        caller.post("/agent/heartbeat", {"health": "waiting", "load": load})
    assert Agent.objects.get().load == 20
    (event,) = events(project, "agent.health_changed")
    assert (event.data["before"]["health"], event.data["after"]["health"]) == ("idle", "waiting")
    assert (event.actor_kind, event.target_id) == ("agent", str(agent.pk))
    assert ActivityEntry.objects.count() == 1


def test_open_tasks_come_back_so_that_a_restart_resumes() -> None:
    project = a_project()
    _, caller = an_agent(project)
    _ready(project)
    task = _held(caller)
    answer = caller.post("/agent/heartbeat", {}).json()
    (shown,) = answer["tasks"]
    assert (shown["key"], shown["status"], shown["lease"]["token"]) == (
        task.key,
        "assigned",
        task.lease_token,
    )
    assert answer["leases"][0]["task"] == task.key


def test_a_beat_renews_a_lease_once_a_tenth_of_it_is_gone() -> None:
    project = a_project()
    _, caller = an_agent(project)
    _ready(project)
    task = _held(caller)
    before = task.lease_expires_at
    caller.post("/agent/heartbeat", {})
    task.refresh_from_db()
    assert task.lease_expires_at == before
    soon = timezone.now() + timedelta(seconds=30)
    Task.objects.update(lease_expires_at=soon)
    caller.post("/agent/heartbeat", {})
    task.refresh_from_db()
    assert task.lease_expires_at is not None
    assert task.lease_expires_at > soon + timedelta(seconds=1000)
    assert (task.lease_token, task.version) == (1, Task.objects.get().version)


def test_a_beat_never_revives_an_expired_lease() -> None:
    project = a_project()
    _, caller = an_agent(project)
    _ready(project)
    _held(caller)
    gone = timezone.now() - timedelta(seconds=1)
    Task.objects.update(lease_expires_at=gone)
    answer = caller.post("/agent/heartbeat", {}).json()
    assert answer["leases"] == []
    assert Task.objects.get().lease_expires_at == gone


def test_claimable_tasks_come_in_claim_order_up_to_the_wanted_number() -> None:
    project = a_project()
    agent, caller = an_agent(project, task_types=["docs"])
    low, high = (_ready(project, type="docs", priority=p)[0] for p in (4, 1))
    _ready(project, type="ops")
    mine = _ready(project, type="docs", priority=4)[0]
    assign(actor=HOUSE, task=mine, agents=[agent])
    answer = caller.post("/agent/heartbeat", {"wanted": 10}).json()
    assert [task["key"] for task in answer["claimable"]] == [mine.key, high.key, low.key]
    assert [t["key"] for t in caller.post("/agent/heartbeat", {"wanted": 1}).json()["claimable"]] == [
        mine.key
    ]
    assert caller.post("/agent/heartbeat", {"wanted": 0}).json()["claimable"] == []


def test_an_agent_at_capacity_is_offered_nothing() -> None:
    project = a_project()
    _, caller = an_agent(project)
    _ready(project, 2)
    _held(caller)
    assert caller.post("/agent/heartbeat", {"wanted": 5}).json()["claimable"] == []


def test_a_beat_that_claims_gets_at_most_one_task() -> None:
    project = a_project()
    agent, caller = an_agent(project, max_concurrent_tasks=5)
    _ready(project, 3)
    answer = caller.post("/agent/heartbeat", {"claim": True}).json()
    assert answer["claimed"]["lease"]["token"] == 1
    assert [task["key"] for task in answer["tasks"]] == [answer["claimed"]["task"]["key"]]
    assert Task.objects.filter(holder=agent).count() == 1


def test_a_claim_that_is_refused_does_not_fail_the_beat() -> None:
    project = a_project()
    _, caller = an_agent(project)
    _ready(project, 2)
    _held(caller)
    response = caller.post("/agent/heartbeat", {"claim": True})
    assert response.status_code == 200
    assert response.json()["claim_refused"]["code"] == "at_capacity"
    assert response.json()["claimed"] is None
    assert Agent.objects.get().last_beat_at is not None


@pytest.mark.parametrize(
    ("action", "directive"), [("pause", "pause"), ("drain", "drain"), ("quarantine", "quarantine")]
)
def test_a_halted_agent_beats_on_and_is_told(action: str, directive: str) -> None:
    project = a_project()
    agent, caller = an_agent(project)
    _ready(project)
    order(actor=HOUSE, agent=agent, action=action, reason="too loud")
    answer = caller.post("/agent/heartbeat", {"claim": True}).json()
    assert answer["directives"] == [{"type": directive, "scope": "agent", "reason": "too loud"}]
    assert (answer["claimed"], answer["claimable"]) == (None, [])
    order(actor=HOUSE, agent=agent, action="resume", reason="fine now")
    assert caller.post("/agent/heartbeat").json()["directives"] == [
        {"type": "resume", "scope": "agent", "reason": "fine now"}
    ]


def test_the_projects_mode_is_a_directive_too() -> None:
    project = a_project()
    _, caller = an_agent(project)
    set_mode(actor=HOUSE, project=project, mode="draining", reason="release")
    answer = caller.post("/agent/heartbeat").json()
    assert answer["mode"] == "draining"
    assert answer["directives"] == [{"type": "drain", "scope": "project", "reason": "release"}]


def test_an_agent_that_works_on_what_is_not_its_own_is_told_to_stop() -> None:
    project = a_project()
    _, caller = an_agent(project)
    _ready(project)
    task = _held(caller)
    answer = caller.post("/agent/heartbeat", {"health": "working", "current_task": task.key}).json()
    assert answer["directives"] == []
    assert Agent.objects.get().reported_task_id == task.pk
    assign(actor=HOUSE, task=task, agents=[], mode="set")
    answer = caller.post("/agent/heartbeat", {"current_task": task.key}).json()
    assert [(row["type"], row["task"]) for row in answer["directives"]] == [("stop_task", task.key)]
    for nonsense in ("NOPE-1", "x" * 64, "00000000-0000-0000-0000-000000000000"):
        answer = caller.post("/agent/heartbeat", {"current_task": nonsense}).json()
        assert [row["type"] for row in answer["directives"]] == ["stop_task"]


def test_pending_and_newly_decided_approvals_come_along() -> None:
    project = a_project()
    _, caller = an_agent(project)
    asked = request_approval(
        actor=_actor(caller), project=project, action_type="deploy", summary="Ship it", payload={"to": "prod"}
    )
    (shown,) = caller.post("/agent/heartbeat").json()["approvals"]
    assert (shown["id"], shown["status"]) == (str(asked.pk), "pending")
    operator = signed_in(a_member(project, "bob", "operator"))
    operator.post(f"/approvals/{asked.pk}/approve", {})
    (shown,) = caller.post("/agent/heartbeat").json()["approvals"]
    assert shown["status"] == "approved"
    Agent.objects.update(last_beat_at=timezone.now() + timedelta(hours=2))
    assert caller.post("/agent/heartbeat").json()["approvals"] == []


def test_three_errors_in_a_row_warn_five_quarantine_and_a_good_beat_resets() -> None:
    project = a_project()
    agent, caller = an_agent(project)
    for _ in range(2):
        caller.post("/agent/heartbeat", {"error": "cannot reach the model"})
    caller.post("/agent/heartbeat", {"health": "working"})
    assert Agent.objects.get().error_streak == 0
    for _ in range(3):
        answer = caller.post("/agent/heartbeat", {"error": "cannot reach the model"}).json()
    assert (answer["agent"]["health"], answer["agent"]["error_streak"]) == ("error", 3)
    assert Alert.objects.get().severity == "warning"
    for _ in range(2):
        answer = caller.post("/agent/heartbeat", {"error": "cannot reach the model"}).json()
    agent.refresh_from_db()
    assert (agent.state, agent.state_set_by, agent.error_streak) == ("quarantined", "error_streak", 5)
    assert answer["directives"][0]["type"] == "quarantine"
    assert Alert.objects.get().severity == "critical"
    assert [event.data["streak"] for event in events(project, "agent.error_streak")] == [3, 5]
    caller.post("/agent/heartbeat", {"health": "working"})
    assert Agent.objects.get().state == "quarantined"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"health": "offline"}, "health"),
        ({"progress": 101}, "progress"),
        ({"progress": "50"}, "progress"),
        ({"load": -1}, "load"),
        ({"wanted": 11}, "wanted"),
        ({"claim": "yes"}, "claim"),
        ({"spend": "much"}, "spend"),
        ({"error": "x" * 501}, "error"),
        ({"actor_type": "human"}, "actor_type"),
        ({"state": "active"}, "state"),
    ],
)
def test_a_bad_beat_is_refused_and_writes_nothing(body: dict[str, Any], field: str) -> None:
    _, caller = an_agent(a_project())
    document = problem(caller.post("/agent/heartbeat", body), 422)
    assert [error["field"] for error in document["errors"]] == [field]
    assert Agent.objects.get().last_beat_at is None


def test_only_agents_beat() -> None:
    project = a_project()
    for who in (signed_in(a_member(project)), a_service(project, "admin")):
        problem(who.post("/agent/heartbeat", {}), 403, "agents_only")


def test_me_says_who_the_caller_is() -> None:
    project = a_project()
    _, caller = an_agent(project, can_review=True)
    shown = caller.get("/agent/me").json()
    assert (shown["kind"], shown["slug"], shown["project"]) == ("agent", "bolt", "apollo")
    assert (shown["state"], shown["can_review"], shown["mode"]) == ("active", True, "normal")
    assert a_service(project, "write").get("/agent/me").json()["scopes"] == ["read", "write"]
