"""While a change can still be undone no agent hears of it or acts on it; afterwards all do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.models import Agent
from agents.services.claims import claim
from missioncontrol.kernel.actor import Actor
from notifications.jobs import relay_events
from notifications.models import HeldEvent, Notification
from notifications.services import relay
from tasks.errors import StandsStill
from tasks.models import Project, Task
from tasks.services.dependencies import add_dependency
from tasks.services.tasks import report_progress
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition
from tests.agents.building import Caller, a_member, a_project, actor_of, an_agent, events, problem, signed_in
from tests.tasks.building import PLAN, a_task, acting, forced
from tests.tasks.undo.building import assigned, let_time_pass, moved, stepped, undone

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def ada(project: Project) -> Actor:
    return actor_of(a_member(project))


def at_work(project: Project, agent: Agent) -> Task:
    """A task the agent holds and works on."""
    task = a_task(project, agents=[agent])
    claim(actor=acting(agent), task_ref=task.key)
    return transition(actor=acting(agent), task=task, step=Step(to="in_progress", work_plan=PLAN))


def beat(caller: Caller, **said: Any) -> dict[str, Any]:
    answer: dict[str, Any] = caller.post("/agent/heartbeat", {"wanted": 5, **said}).json()
    return answer


def told(agent: Agent) -> list[str]:
    """What the relay has told the agent so far."""
    relay_events()
    return list(Notification.objects.filter(agent=agent).order_by("id").values_list("type", flat=True))


def test_a_task_cannot_be_claimed_by_a_move_that_may_be_undone(project: Project, ada: Actor) -> None:
    agent, caller = an_agent(project)
    task = forced(a_task(project), "inbox")
    moved(ada, task, "ready")

    assert claim(actor=acting(agent)) is None
    with pytest.raises(StandsStill) as refused:
        claim(actor=acting(agent), task_ref=task.key)
    assert refused.value.extra["retryable"] and 0 < refused.value.extra["retry_after_s"] <= 8
    assert beat(caller)["claimable"] == []
    why = signed_in(a_member(project, "bob")).get(f"/tasks/{task.key}/why").content
    assert b"still be undone" in why

    let_time_pass()
    assert [each["key"] for each in beat(caller)["claimable"]] == [task.key]
    outcome = claim(actor=acting(agent))
    assert outcome is not None and outcome.task is not None and outcome.task.key == task.key


def test_what_a_done_task_sets_free_is_not_claimable_either(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    task, dependent = forced(a_task(project), "review"), a_task(project, "After it")
    add_dependency(actor=ada, task=dependent, depends_on=task)
    moved(ada, task, "done")
    assert Task.objects.get(pk=dependent.pk).status == "ready"
    assert claim(actor=acting(agent)) is None
    let_time_pass()
    assert claim(actor=acting(agent)) is not None


def test_an_agent_is_not_given_what_is_assigned_to_it_before_that_stands(
    project: Project, ada: Actor
) -> None:
    agent, caller = an_agent(project)
    task = a_task(project)
    assigned(ada, task, agents=[agent])
    assert beat(caller)["tasks"] == []
    assert claim(actor=acting(agent)) is None
    with pytest.raises(StandsStill):
        transition(actor=acting(agent), task=task, step=Step(to="in_progress", work_plan=PLAN))
    let_time_pass()
    assert [each["key"] for each in beat(caller)["tasks"]] == [task.key]
    assert claim(actor=acting(agent)) is not None


@pytest.mark.parametrize("to", ["blocked", "canceled"])
def test_a_heartbeat_says_nothing_of_a_stop_that_may_be_undone(project: Project, ada: Actor, to: str) -> None:
    agent, caller = an_agent(project)
    task = at_work(project, agent)
    token = Task.objects.get(pk=task.pk).lease_token
    stepped(ada, task, to, reason="Not this one.")

    heard = beat(caller, current_task=task.key)

    assert heard["directives"] == []
    assert [(each["key"], each["status"]) for each in heard["tasks"]] == [(task.key, "in_progress")]
    assert heard["tasks"][0]["lease"]["token"] == token
    let_time_pass()
    heard = beat(caller, current_task=task.key)
    assert [order["type"] for order in heard["directives"]] == ["stop_task"]


def test_a_heartbeat_still_shows_a_task_that_is_taken_away_until_that_stands(
    project: Project, ada: Actor
) -> None:
    agent, caller = an_agent(project)
    other, other_caller = an_agent(project, "dora")
    task = at_work(project, agent)
    change = assigned(ada, task, agents=[other])
    assert [each["key"] for each in beat(caller, current_task=task.key)["tasks"]] == [task.key]
    assert beat(other_caller)["tasks"] == []
    undone(ada, change)
    heard = beat(caller, current_task=task.key)
    assert ([each["key"] for each in heard["tasks"]], heard["directives"]) == ([task.key], [])
    assigned(ada, task, agents=[other])
    let_time_pass()
    assert beat(caller)["tasks"] == []
    assert [each["key"] for each in beat(other_caller)["tasks"]] == [task.key]


def test_a_beat_needs_at_most_nine_queries_while_changes_can_be_undone(project: Project, ada: Actor) -> None:
    agent, caller = an_agent(project, max_concurrent_tasks=100)
    counts = []
    for number in (5, 25):
        for _ in range(number):
            stepped(ada, at_work(project, agent), "blocked", reason="Wait.")
        a_task(project)
        Agent.objects.update(last_beat_at=timezone.now() - timedelta(hours=1))
        with CaptureQueriesContext(connection) as queries:
            beat(caller)
        counts.append(len(queries))
    assert 9 >= counts[0] >= counts[1], [row["sql"] for row in queries]


def test_an_agents_write_is_asked_to_come_back_and_says_nothing_of_what_happened(
    project: Project, ada: Actor
) -> None:
    agent, caller = an_agent(project)
    task = at_work(project, agent)
    token = Task.objects.get(pk=task.pk).lease_token
    change = stepped(ada, task, "canceled", reason="Secret.")
    for answer in (
        caller.post(f"/tasks/{task.key}/transition", {"to": "review", "lease_token": token}),
        caller.patch(f"/tasks/{task.key}/status", {"status": "in_progress", "progress": 50}),
        caller.post(f"/tasks/{task.key}/renew"),
        caller.post(f"/tasks/{task.key}/release"),
        caller.post(f"/tasks/{task.key}/assign", {"agents": ["bolt"], "mode": "remove"}),
        caller.post(f"/tasks/{task.key}/messages", {"content": "On it", "lease_token": token}),
    ):
        refusal = problem(answer, 409, "stands_still")
        assert refusal["retryable"] and refusal["retry_after_s"] <= 8
        assert "cancel" not in answer.content.decode()
    assert Task.objects.get(pk=task.pk).status == "canceled"
    undone(ada, change)
    assert (
        caller.patch(f"/tasks/{task.key}/status", {"status": "in_progress", "progress": 50}).status_code
        == 200
    )


def test_its_holder_goes_on_while_somebody_is_put_beside_it(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    task = at_work(project, agent)
    bob = a_member(project, "bob", "operator")
    change = assigned(ada, task, users=[bob], mode="add")
    assert report_progress(actor=acting(agent), task=task, progress=30).progress == 30
    after = undone(ada, change)
    assert (after.progress, after.holder_id) == (30, agent.pk)
    assert not task.assignments.filter(user=bob).exists()


def test_agents_and_bells_hear_of_it_once_it_stands(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    bob = a_member(project, "bob", "operator")
    task = a_task(project)
    assigned(ada, task, agents=[agent], users=[bob])
    assert told(agent) == []
    assert not Notification.objects.filter(user=bob).exists()
    assert HeldEvent.objects.count() >= 1
    let_time_pass()
    assert told(agent) == ["assignment"]
    assert Notification.objects.filter(user=bob, type="assignment").count() == 1
    assert not HeldEvent.objects.exists()
    assert told(agent) == ["assignment"]


def test_nobody_ever_hears_of_what_was_undone(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    bob = a_member(project, "bob", "operator")
    task = at_work(project, agent)
    post_message(actor=actor_of(bob), task=task, content="I follow this.")
    relay_events()
    before = Notification.objects.count()
    change = stepped(ada, task, "canceled", reason="No.")
    relay_events()
    undone(ada, change)
    relay_events()
    let_time_pass()
    relay_events()
    assert Notification.objects.count() == before
    assert not HeldEvent.objects.exists()


def test_a_new_token_is_told_to_its_holder_alone(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    task = at_work(project, agent)
    relay_events()
    before = Notification.objects.count()
    changes = [stepped(ada, task, "blocked", reason="Wait."), stepped(ada, task, "in_progress")]
    after = undone(ada, *changes)
    relay_events()
    (row,) = Notification.objects.order_by("id")[before:]
    assert (row.agent_id, row.user_id) == (agent.pk, None)
    assert f"token {after.lease_token}" in row.summary


def test_what_others_do_is_never_held_behind_it(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    task = at_work(project, agent)
    bob = a_member(project, "bob", "operator")
    stepped(ada, a_task(project, "Held"), "blocked", reason="Wait.")
    post_message(actor=actor_of(bob), task=task, content="Go on")
    assert told(agent)[-1] == "thread_update"


def test_a_relay_that_was_killed_in_the_window_delivers_after_it(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    assigned(ada, a_task(project), agents=[agent])
    # Nothing ran before the window was over: rows alone tell what is due.
    let_time_pass()
    assert told(agent) == ["assignment"]


def test_another_consumer_of_the_relay_waits_as_well(project: Project, ada: Actor) -> None:
    heard: list[str] = []
    relay.drain(consumer="webhooks", handle=lambda event: heard.append(event.type))
    heard.clear()
    first = stepped(ada, a_task(project), "blocked", reason="Wait.")
    second = stepped(ada, a_task(project, "Other"), "blocked", reason="Wait.")
    relay.drain(consumer="webhooks", handle=lambda event: heard.append(event.type))
    assert "task.created" in heard
    undone(ada, second)
    let_time_pass()
    relay.drain(
        consumer="webhooks", handle=lambda event: heard.append(f"{event.type} {event.data.get('change')}")
    )
    mine = [each for each in heard if str(first.pk) in each]
    assert len(mine) == 1
    assert not [each for each in heard if str(second.pk) in each]


def test_the_board_sees_it_at_once_and_knows_what_it_belongs_to(project: Project, ada: Actor) -> None:
    change = stepped(ada, a_task(project), "blocked", reason="Wait.")
    event = events(project, "task.transitioned")[-1]
    assert event.data["change"]["id"] == str(change.pk)


def test_a_person_undoes_over_http(project: Project) -> None:
    caller = signed_in(a_member(project))
    task = a_task(project)
    answer = caller.post(f"/tasks/{task.key}/move", {"to": "inbox", "undoable": True}, Idempotency_Key="once")
    made = answer.json()["undo"]
    assert made["seconds"] == 8
    assert (
        caller.post(
            f"/tasks/{task.key}/move", {"to": "inbox", "undoable": True}, Idempotency_Key="once"
        ).json()["undo"]
        == made
    )
    stranger = signed_in(a_member(a_project("zeus"), "eve"))
    assert stranger.post(f"/tasks/{task.key}/undo", {}).status_code == 404
    rows = stranger.post("/tasks/undo", {"changes": [made["change"]]}).json()["results"]
    assert [(row["ok"], row["code"]) for row in rows] == [(False, "not_found")]
    bob = signed_in(a_member(project, "bob", "operator"))
    problem(bob.post(f"/tasks/{task.key}/undo", {"change": made["change"]}), 403, "not_your_change")
    viewer = signed_in(a_member(project, "vic", "viewer"))
    problem(viewer.post(f"/tasks/{task.key}/undo"), 403)
    assert caller.post("/tasks/undo/prolong", {"changes": [made["change"]]}).json()["until"]
    undone_now = caller.post(f"/tasks/{task.key}/undo")
    assert (undone_now.status_code, undone_now.json()["status"]) == (200, "ready")
    problem(caller.post(f"/tasks/{task.key}/undo", {"change": made["change"]}), 409, "undone_already")


def test_every_change_of_the_board_can_be_undone_over_http(project: Project) -> None:
    an_agent(project)
    caller = signed_in(a_member(project))
    task = a_task(project)
    made = [
        caller.patch(f"/tasks/{task.key}", {"title": "Other", "undoable": True}).json()["undo"]["change"],
        caller.post(f"/tasks/{task.key}/assign", {"agents": ["bolt"], "undoable": True}).json()["undo"][
            "change"
        ],
        caller.post(
            f"/tasks/{task.key}/transition", {"to": "canceled", "reason": "No.", "undoable": True}
        ).json()["undo"]["change"],
    ]
    other = a_task(project, "Second")
    bulk = caller.post("/tasks/bulk", {"tasks": [other.key], "priority": 1, "undoable": True}).json()
    made.append(bulk["results"][0]["undo"]["change"])
    answer = caller.post("/tasks/undo", {"changes": made}).json()
    assert (answer["done"], answer["failed"]) == (2, 0)
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.title, row.assignments.count()) == ("ready", task.title, 0)
    assert Task.objects.get(pk=other.pk).priority == 3


def test_an_agent_that_asks_for_it_is_refused(project: Project) -> None:
    _, caller = an_agent(project)
    task = a_task(project)
    answer = caller.post(f"/tasks/{task.key}/transition", {"to": "blocked", "reason": "x", "undoable": True})
    problem(answer, 403, "not_for_agents")
    problem(caller.post("/tasks/undo", {"changes": ["x"]}), 403, "not_for_agents")
    problem(caller.post("/tasks/undo/prolong", {"changes": ["x"]}), 403, "not_for_agents")
    assert Task.objects.get(pk=task.pk).status == "ready"
