"""Two agents that answer each other are stopped at once; people are heard all the while."""

from __future__ import annotations

import pytest

from agents.models import Agent
from notifications.handlers import handle
from notifications.models import Notification
from notifications.services import relay
from tasks.models import Task
from tests.agents.building import Caller, a_member, a_project, an_agent, problem, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def told(agent: Agent) -> int:
    """How many notifications reach the agent, once the relay has read what happened."""
    relay.drain(consumer="notifications", handle=handle)
    return Notification.objects.filter(agent=agent).exclude(state="skipped").count()


def test_a_reply_loop_ends_and_only_people_reach_the_agents_until_they_lift_it() -> None:
    project = a_project()
    owner = signed_in(a_member(project))
    (_, ping), (pong_row, pong) = (an_agent(project, name, can_mention=True) for name in ("ping", "pong"))
    body = {"project": project.slug, "title": "Talk", "description": "About it.", "priority": 2}
    key = owner.post("/tasks", {**body, "agents": ["ping", "pong"]}).json()["key"]

    answer_each_other(key, ping, pong)

    assert Task.objects.get(key=key).blocked_by == "system"
    before = told(pong_row)
    ping.post(f"/tasks/{key}/messages", {"content": "And another thing."})
    assert told(pong_row) == before
    owner.post(f"/tasks/{key}/messages", {"content": "Stop, both of you."})
    assert told(pong_row) == before + 1
    problem(ping.post(f"/tasks/{key}/transition", {"to": "assigned"}), 403)
    assert owner.post(f"/tasks/{key}/unblock", {"to": "assigned"}).status_code == 200
    before = told(pong_row)
    ping.post(f"/tasks/{key}/messages", {"content": "@pong we may go on."})
    assert told(pong_row) == before + 1


def answer_each_other(key: str, *agents: Caller) -> None:
    """Forty answers, unless the house steps in before."""
    for turn in range(40):
        said = agents[turn % 2].post(f"/tasks/{key}/messages", {"content": f"Answer {turn}."})
        assert said.status_code == 201
        if Task.objects.get(key=key).status == "blocked":
            return


@pytest.mark.parametrize("status", ["blocked", "done", "canceled"])
def test_agents_that_mention_each_other_on_a_task_at_rest_are_stopped_too(status: str) -> None:
    project = a_project()
    owner = signed_in(a_member(project))
    (_, ping), (pong_row, pong) = (an_agent(project, name, can_mention=True) for name in ("ping", "pong"))
    body = {"project": project.slug, "title": "Talk", "description": "About it.", "priority": 2}
    key = owner.post("/tasks", {**body, "agents": ["ping", "pong"]}).json()["key"]
    move = {"to": status, "reason": "Enough.", "override": True}
    assert owner.post(f"/tasks/{key}/transition", move).status_code == 200

    answers = [
        (ping, pong)[turn % 2].post(
            f"/tasks/{key}/messages", {"content": f"@{('pong', 'ping')[turn % 2]} no, you."}
        )
        for turn in range(40)
    ]

    assert [answer.status_code for answer in answers] == [201] * 20 + [429] * 20
    assert problem(answers[-1], 429, "said_enough")["retry_after_s"] == 30 * 60
    assert Task.objects.get(key=key).message_count == 20
    assert told(pong_row) <= 12
    assert owner.post(f"/tasks/{key}/messages", {"content": "@pong stop."}).status_code == 201
