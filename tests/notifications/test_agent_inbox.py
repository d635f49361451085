"""Pull delivery: what an agent still has to read, in order, decided by the task's status now."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from agents.models import Agent
from notifications.models import Notification
from notifications.services.heartbeat import notifications_part
from tasks.models import Task
from tests.notifications.builders import (
    a_key,
    a_person,
    a_project,
    a_task,
    acting,
    an_agent,
    happen,
    named,
    run_relay,
    say,
)

pytestmark = pytest.mark.django_db
PATH = "/api/v1/agent/notifications"


class Caller:
    """An agent on the API."""

    def __init__(self, agent: Agent) -> None:
        self.headers = {"Authorization": f"Bearer {a_key(agent)}"}
        self.client = Client()

    def get(self, path: str = PATH) -> Any:
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, body: Any = None) -> Any:
        return self.client.post(path, body or {}, content_type="application/json", headers=self.headers)


@pytest.fixture
def scout() -> Agent:
    project = a_project()
    a_person(project, "ada")
    return an_agent(project, "scout")


def tell(agent: Agent, *texts: str, **task: Any) -> Task:
    """Mention the agent once per text."""
    ada = agent.project.memberships.get().user
    made = a_task(agent.project, **task)
    for text in texts:
        say(made, ada, text, agent)
    run_relay()
    return made


def test_the_inbox_lists_what_is_unacknowledged_oldest_first(scout: Agent) -> None:
    task = tell(scout, "one", "two", "three")
    answer = Caller(scout).get(f"{PATH}?limit=2")
    assert answer.status_code == 200
    rows = answer.json()["results"]
    assert [row["summary"] for row in rows] == [f"ada on {task.key}: one", f"ada on {task.key}: two"]
    assert answer.json()["cursor"] == rows[-1]["id"]
    assert rows[0]["type"] == "mention"
    assert rows[0]["task"] == task.key


def test_reading_leaves_it_there_and_acknowledging_takes_it_away(scout: Agent) -> None:
    tell(scout, "one", "two", "three")
    caller = Caller(scout)
    first = caller.get().json()
    assert caller.get().json() == first
    one, two, three = (row["id"] for row in first["results"])
    assert caller.post(f"{PATH}/{two}/ack").json()["state"] == "acknowledged"
    assert [row["id"] for row in caller.get().json()["results"]] == [one, three]
    assert caller.post(f"{PATH}/ack", {"up_to": three}).json() == {"acknowledged": 2}
    assert caller.get().json() == {"results": [], "cursor": None}
    row = Notification.objects.get(pk=one)
    assert row.state == "acknowledged"
    assert row.acknowledged_at is not None
    assert row.delivered_at is not None


def test_acknowledging_twice_is_once(scout: Agent) -> None:
    tell(scout, "one")
    caller = Caller(scout)
    (row,) = caller.get().json()["results"]
    first = caller.post(f"{PATH}/{row['id']}/ack").json()
    stamped = Notification.objects.get().acknowledged_at
    assert caller.post(f"{PATH}/{row['id']}/ack").json() == first
    assert Notification.objects.get().acknowledged_at == stamped


def test_another_agents_notification_is_not_found_and_stays(scout: Agent) -> None:
    tell(scout, "one")
    row = Notification.objects.get()
    other = Caller(an_agent(scout.project, "other"))
    assert other.post(f"{PATH}/{row.pk}/ack").status_code == 404
    assert other.post(f"{PATH}/ack", {"up_to": str(row.pk)}).json() == {"acknowledged": 0}
    assert Notification.objects.get().state == "pending"


@pytest.mark.parametrize("ref", ["x", "1" * 30, "-1", "1.5", "%00"])
def test_a_number_that_is_none_is_not_found(scout: Agent, ref: str) -> None:
    assert Caller(scout).post(f"{PATH}/{ref}/ack").status_code == 404


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "limit=0", "limit=51", "wanted=1", f"after={'9' * 50}"]
)
def test_a_bad_query_is_refused_and_named(scout: Agent, query: str) -> None:
    answer = Caller(scout).get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.split("=")[0]


def test_only_agents_have_this_inbox(scout: Agent) -> None:
    client = Client()
    assert client.get(PATH).status_code == 401
    client.force_login(scout.project.memberships.get().user)
    assert client.get(PATH).status_code == 403


def test_a_message_held_back_since_is_skipped_at_the_pull_with_its_reason(scout: Agent) -> None:
    helper = an_agent(scout.project, "helper")
    task = a_task(scout.project, on=(scout, helper), status="in_progress")
    say(task, helper, "I take the second half")
    run_relay()
    assert Notification.objects.get().state == "pending"
    Task.objects.filter(pk=task.pk).update(status="blocked")
    assert Caller(scout).get().json()["results"] == []
    row = Notification.objects.get()
    assert (row.state, row.reason) == (
        "skipped",
        "an agent's message on a task that is blocked reaches no other agent",
    )
    Task.objects.filter(pk=task.pk).update(status="in_progress")
    assert Caller(scout).get().json()["results"] == []


def test_a_page_of_skipped_ones_does_not_hide_what_follows(scout: Agent) -> None:
    helper = an_agent(scout.project, "helper")
    task = a_task(scout.project, on=(scout, helper), status="in_progress")
    for _ in range(3):
        say(task, helper, "chatter")
    run_relay()
    Task.objects.filter(pk=task.pk).update(status="blocked")
    tell(scout, "still there")
    rows = Caller(scout).get(f"{PATH}?limit=2").json()["results"]
    assert [row["summary"].split(": ")[1] for row in rows] == ["still there"]


def test_the_pull_needs_the_same_queries_for_one_and_for_many(
    scout: Agent, django_assert_num_queries: Any
) -> None:
    caller = Caller(scout)
    tell(scout, "one")
    caller.get()
    with django_assert_num_queries(4):
        caller.get()
    for _ in range(8):
        tell(scout, *["more"] * 4)
    with django_assert_num_queries(4):
        assert len(caller.get(f"{PATH}?limit=33").json()["results"]) == 33


def test_the_heartbeats_part_is_one_query(scout: Agent, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert notifications_part(scout.pk) == {"notifications": [], "notifications_cursor": None}
    tell(scout, "one", "two")
    with django_assert_num_queries(1):
        part = notifications_part(scout.pk, 20)
    assert [row["summary"].split(": ")[1] for row in part["notifications"]] == ["one", "two"]
    assert part["notifications_cursor"] == part["notifications"][-1]["id"]


def test_an_assignment_arrives_with_its_message(scout: Agent) -> None:
    task = a_task(scout.project, on=(scout,), status="assigned")
    happen(task, "task.assigned", acting(scout.project.memberships.get().user), added=named(scout))
    run_relay()
    (row,) = Caller(scout).get().json()["results"]
    assert row["message"].startswith("You are Scout (@scout), specialist agent.")
    assert "send your work plan of 3 to 6 bullets" in row["message"]
