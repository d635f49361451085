"""Orders: given by operators, kept apart from health, told in the history."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent
from agents.services.claims import claim
from agents.services.credentials import check_bearer
from agents.services.keys import issue_key
from tasks.models import Task
from tasks.services.tasks import create_task
from tests.agents.building import (
    HOUSE,
    a_member,
    a_project,
    a_service,
    an_agent,
    events,
    problem,
    signed_in,
)

pytestmark = pytest.mark.django_db


def _holding(project: Any, slug: str = "bolt") -> tuple[Agent, Task]:
    agent, _ = an_agent(project, slug)
    create_task(actor=HOUSE, project=project, title="Write", description="it", priority=2)
    claimed = claim(actor=check_bearer(issue_key(actor=HOUSE, agent=agent).secret).actor)
    assert claimed is not None
    assert claimed.task is not None
    return agent, claimed.task


@pytest.mark.parametrize(
    ("action", "state"), [("pause", "paused"), ("drain", "drained"), ("quarantine", "quarantined")]
)
def test_an_order_sets_the_state_says_why_and_is_undone_by_resume(action: str, state: str) -> None:
    project = a_project()
    an_agent(project)
    operator = signed_in(a_member(project, "bob", "operator"))
    answer = operator.post(f"/agents/bolt/{action}", {"reason": "too loud"}).json()
    assert (answer["state"], answer["state_reason"], answer["state_set_by"]) == (state, "too loud", "bob")
    assert operator.post("/agents/bolt/resume").json()["state"] == "active"
    told = [
        (e.data["before"]["state"], e.data["after"]["state"], e.data["reason"]) for e in _changes(project)
    ]
    assert told == [("active", state, "too loud"), (state, "active", "")]


def _changes(project: Any) -> Any:
    return events(project, "agent.state_changed")


def test_the_same_order_again_tells_nothing() -> None:
    project = a_project()
    an_agent(project)
    operator = signed_in(a_member(project, "bob", "operator"))
    for _ in range(2):
        assert operator.post("/agents/bolt/pause").status_code == 200
    assert len(_changes(project)) == 1


@pytest.mark.parametrize("action", ["pause", "resume", "drain", "quarantine"])
def test_no_agent_gives_orders_not_even_to_itself(action: str) -> None:
    project = a_project()
    _, caller = an_agent(project)
    an_agent(project, "other")
    for slug in ("bolt", "other"):
        problem(caller.post(f"/agents/{slug}/{action}"), 403)
    problem(
        caller.post(
            f"/agents/{action.replace('drain', 'pause').replace('quarantine', 'pause')}-all",
            {"project": "apollo"},
        ),
        403,
    )
    assert set(Agent.objects.values_list("state", flat=True)) == {"active"}


def test_an_agent_does_not_lift_its_own_quarantine() -> None:
    project = a_project()
    _, caller = an_agent(project)
    signed_in(a_member(project)).post("/agents/bolt/quarantine")
    problem(caller.post("/agents/bolt/resume"), 403)
    assert Agent.objects.get().state == "quarantined"


def test_viewers_and_readers_give_no_orders_and_strangers_see_nobody() -> None:
    project = a_project()
    an_agent(project)
    for who in (signed_in(a_member(project, "vic", "viewer")), a_service(project, "write")):
        problem(who.post("/agents/bolt/pause"), 403)
    problem(signed_in(a_member(a_project("gemini"), "eve")).post("/agents/bolt/pause"), 404)
    assert a_service(project, "operate").post("/agents/bolt/pause").status_code == 200


def test_a_paused_agent_keeps_its_lease() -> None:
    project = a_project()
    agent, task = _holding(project)
    signed_in(a_member(project)).post("/agents/bolt/pause")
    task.refresh_from_db()
    assert task.holder_id == agent.pk


def test_a_quarantined_agent_loses_its_tasks_at_once() -> None:
    project = a_project()
    _, task = _holding(project)
    signed_in(a_member(project)).post("/agents/bolt/quarantine", {"reason": "odd"})
    task.refresh_from_db()
    assert (task.holder_id, task.status, task.abandoned_attempts) == (None, "ready", 0)
    assert [event.target_id for event in events(project, "task.lease_ended")] == [str(task.pk)]


def test_resume_all_restores_only_what_pause_all_paused_as_it_was() -> None:
    project = a_project()
    for slug in ("active", "drained", "paused", "odd"):
        an_agent(project, slug)
    an_agent(a_project("gemini"), "elsewhere")
    operator = signed_in(a_member(project, "bob", "operator"))
    operator.post("/agents/drained/drain")
    operator.post("/agents/paused/pause")
    operator.post("/agents/odd/quarantine")
    changed = operator.post("/agents/pause-all", {"project": "apollo", "reason": "fire"}).json()["changed"]
    assert [row["slug"] for row in changed] == ["active", "drained"]
    assert dict(Agent.objects.values_list("slug", "state")) == {
        "active": "paused", "drained": "paused", "paused": "paused", "odd": "quarantined", "elsewhere": "active",
    }  # fmt: skip
    before = len(_changes(project))
    changed = operator.post("/agents/resume-all", {"project": "apollo"}).json()["changed"]
    assert {row["slug"]: row["state"] for row in changed} == {"active": "active", "drained": "drained"}
    assert Agent.objects.get(slug="paused").state == "paused"
    assert len(_changes(project)) == before + 2


def test_who_is_paused_on_its_own_after_pause_all_stays_paused() -> None:
    project = a_project()
    an_agent(project)
    operator = signed_in(a_member(project, "bob", "operator"))
    operator.post("/agents/pause-all", {"project": "apollo"})
    operator.post("/agents/bolt/pause", {"reason": "this one for good"})
    assert operator.post("/agents/resume-all", {"project": "apollo"}).json()["changed"] == []
    assert Agent.objects.get().state == "paused"


def test_pause_all_twice_keeps_what_resume_all_restores() -> None:
    project = a_project()
    an_agent(project)
    operator = signed_in(a_member(project, "bob", "operator"))
    for _ in range(2):
        operator.post("/agents/pause-all", {"project": "apollo"})
    operator.post("/agents/resume-all", {"project": "apollo"})
    assert Agent.objects.get().state == "active"
