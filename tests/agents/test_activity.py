"""Activity: what agents do is derived from what they hold, say, and when they were last heard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import ActivityEntry, Agent, Alert
from agents.services.activity import mark_offline
from agents.services.claims import claim
from agents.services.credentials import check_bearer
from tasks.models import Project, Task
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE, Caller, a_member, a_project, an_agent, events, problem, signed_in

pytestmark = pytest.mark.django_db


def _take_a_task(project: Project, caller: Caller) -> Task:
    create_task(actor=HOUSE, project=project, title="Write", description="it", priority=2)
    secret = caller.headers["Authorization"].removeprefix("Bearer ")
    claimed = claim(actor=check_bearer(secret).actor)
    assert claimed is not None
    assert claimed.task is not None
    return claimed.task


def _doing(caller: Caller) -> dict[str, str]:
    return {row["slug"]: row["activity"] for row in caller.get("/agents/activity").json()["results"]}


def test_what_agents_do_is_derived_from_task_report_and_beat() -> None:
    project = a_project()
    callers = {slug: an_agent(project, slug)[1] for slug in ("busy", "stuck", "patient", "free", "silent")}
    for slug, health in (("busy", "idle"), ("stuck", "blocked"), ("patient", "waiting"), ("free", "working")):
        callers[slug].post("/agent/heartbeat", {"health": health})
    task = _take_a_task(project, callers["busy"])
    person = signed_in(a_member(project))
    assert _doing(person) == {
        "busy": "working", "stuck": "blocked", "patient": "waiting", "free": "idle", "silent": "offline",
    }  # fmt: skip
    rows = {row["slug"]: row for row in person.get("/agents/activity").json()["results"]}
    assert rows["busy"]["task"]["key"] == task.key
    assert rows["free"]["task"] is None
    assert rows["busy"]["elapsed_s"] >= 0


def test_the_list_needs_as_many_queries_for_many_agents() -> None:
    project = a_project()
    _, caller = an_agent(project, "first")
    _take_a_task(project, caller)
    with CaptureQueriesContext(connection) as few:
        caller.get("/agents/activity")
    for number in range(20):
        _take_a_task(project, an_agent(project, f"more-{number}")[1])
    with CaptureQueriesContext(connection) as many:
        assert len(caller.get("/agents/activity").json()["results"]) == 21
    assert len(few) == len(many) <= 4


def test_an_agent_reports_its_own_activity_only() -> None:
    project = a_project()
    agent, caller = an_agent(project)
    an_agent(project, "other")
    task = _take_a_task(project, caller)
    said = {"health": "working", "task": task.key, "progress": 40, "note": "half of the tests"}
    response = caller.post("/agents/bolt/activity", said)
    assert response.status_code == 201
    assert (response.json()["task"], response.json()["progress"]) == (task.key, 40)
    agent.refresh_from_db()
    assert (agent.health, agent.reported_task_id, agent.last_beat_at is None) == ("working", task.pk, False)
    caller.post("/agents/bolt/activity", {"note": "the other half"})
    shown = caller.get("/agents/bolt/activity").json()
    assert [row["note"] for row in shown["results"]] == ["the other half", "half of the tests"]
    assert (shown["now"]["activity"], shown["now"]["progress"]) == ("working", 40)
    assert len(events(project, "agent.health_changed")) == 1
    problem(caller.post("/agents/other/activity", said), 403, "not_yourself")
    problem(signed_in(a_member(project)).post("/agents/bolt/activity", said), 403, "not_yourself")
    problem(caller.post("/agents/bolt/activity", {"task": "NOPE-1"}), 422, "not_your_task")
    assert ActivityEntry.objects.count() == 2


def test_three_missed_beats_mean_offline_with_event_and_alert_once() -> None:
    project = a_project()
    agent, caller = an_agent(project, heartbeat_interval_s=60)
    caller.post("/agent/heartbeat")
    heard = Agent.objects.get().last_beat_at
    assert heard is not None
    assert mark_offline(now=heard + timedelta(seconds=179)) == 0
    late = heard + timedelta(seconds=181)
    assert (mark_offline(now=late), mark_offline(now=late)) == (1, 0)
    agent.refresh_from_db()
    assert agent.offline_since == late
    assert [event.target_id for event in events(project, "agent.offline")] == [str(agent.pk)]
    assert (Alert.objects.get().kind, Alert.objects.get().state) == ("agent_offline", "open")
    assert _doing(signed_in(a_member(project))) == {"bolt": "offline"}


def test_the_next_beat_brings_an_agent_back_and_settles_the_alert() -> None:
    project = a_project()
    _, caller = an_agent(project, heartbeat_interval_s=60)
    caller.post("/agent/heartbeat")
    mark_offline(now=timezone.now() + timedelta(hours=1))
    caller.post("/agent/heartbeat")
    assert Agent.objects.get().offline_since is None
    assert len(events(project, "agent.online")) == 1
    assert Alert.objects.get().state == "resolved"


def test_agents_that_never_beat_or_are_gone_raise_no_alert() -> None:
    project = a_project()
    an_agent(project, "fresh")
    _, caller = an_agent(project, "gone")
    caller.post("/agent/heartbeat")
    signed_in(a_member(project)).delete("/agents/gone")
    assert mark_offline(now=timezone.now() + timedelta(days=30)) == 0
    assert not Alert.objects.exists()


def test_strangers_see_no_activity() -> None:
    an_agent(a_project())
    stranger = signed_in(a_member(a_project("gemini"), "eve"))
    assert _doing(stranger) == {}
    problem(stranger.get("/agents/activity?project=apollo"), 404)
    problem(stranger.get("/agents/bolt/activity"), 404)
