"""The agents' socket against the real server: pushed notifications, acknowledgements, directives."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from notifications.consumers.agent import AgentSocket
from notifications.live.hub import hub
from tests.notifications.builders import (
    HOUSE,
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
from tests.notifications.sockets import listening
from tests.support.server import LiveServer

BOARD = "/ws/projects/atlas/board"
EVENTS = "/ws/projects/atlas/events"


def test_an_agent_is_pushed_its_notifications_and_acknowledges_them(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada = a_person(project, "ada")
    agent = an_agent(project, "scout")
    task = a_task(project, on=(agent,))
    happen(task, "task.assigned", acting(ada), added=named(agent))
    run_relay()
    with listening(live_server_asgi, "/ws/agent", key=a_key(agent)) as line:
        hello = line.read()
        assert (hello["type"], hello["agent"]) == ("hello", "scout")
        first = line.read()
        assert (first["type"], first["notification"]["type"]) == ("notification", "assignment")
        assert f"## The task: {task.key}" in first["notification"]["message"]
        line.ack(first["seq"])
        say(task, ada, "How far are you?", agent)
        second = line.read()
        assert second["notification"]["type"] == "mention"
        assert "How far are you?" in second["notification"]["message"]
        line.ack(second["seq"])
        happen(task, "task.assigned", acting(ada), removed=named(agent))
        directive = line.read()
    assert (directive["type"], directive["directive"], directive["task"]) == (
        "directive",
        "stop_task",
        task.key,
    )
    states = list(agent.notifications.order_by("id").values_list("state", flat=True))
    assert states == ["acknowledged", "acknowledged"]


def test_of_a_flood_of_acknowledgements_the_last_is_stored_whatever_follows(
    live_server_asgi: LiveServer,
) -> None:
    project = a_project()
    ada, agent = a_person(project, "ada"), an_agent(project, "scout")
    task = a_task(project, on=(agent,))
    happen(task, "task.assigned", acting(ada), added=named(agent))
    run_relay()
    with listening(live_server_asgi, "/ws/agent", key=a_key(agent)) as line:
        line.read()
        seq = line.read()["seq"]
        for _ in range(3_000):
            line.ack(seq)
        say(task, ada, "Still there?", agent)
        assert line.read()["notification"]["type"] == "mention"
    assert agent.notifications.get(pk=seq).state == "acknowledged"


async def test_acknowledgements_that_come_together_are_stored_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored: list[int] = []

    async def database(_function: Any, _actor: Any, up_to: int) -> None:
        await asyncio.sleep(0)
        stored.append(up_to)

    async def send(_message: dict[str, Any]) -> None:
        """Nobody listens."""

    monkeypatch.setattr(hub, "database", database)
    socket = AgentSocket({"headers": []}, None, send)
    socket.actor = HOUSE
    for seq in range(1, 1_001):
        await socket.hear({"type": "ack", "seq": seq})
    assert socket._storing is not None
    await socket._storing
    assert stored[-1] == 1_000
    assert len(stored) <= 2


def test_a_message_larger_than_anything_there_is_to_say_is_refused_by_name(
    live_server_asgi: LiveServer,
) -> None:
    agent = an_agent(a_project(), "scout")
    with listening(live_server_asgi, "/ws/agent", key=a_key(agent)) as line:
        line.read()
        line.connection.send("x" * 20_000)
        assert line.closing_code() == 1009
