"""Sockets against the real server: hello, live, catch-up, resync, and every way to be closed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from agents.models import AgentKey, ServiceToken
from agents.services.keys import create_service_token, revoke_service_token, rotate_key
from missioncontrol.kernel.ids import uuid7
from notifications.consumers.agent import AgentSocket
from notifications.live.hub import hub
from tasks.models import EventStream
from tasks.services.projects import remove_member, set_member
from tests.notifications.builders import (
    HOUSE,
    a_key,
    a_person,
    a_project,
    a_task,
    a_token,
    acting,
    an_agent,
    happen,
    named,
    run_relay,
    say,
)
from tests.notifications.sockets import cookies_of, listening, sign_out
from tests.support.server import LiveServer

BOARD = "/ws/projects/atlas/board"
EVENTS = "/ws/projects/atlas/events"


def test_a_board_says_hello_and_then_shows_each_event_with_its_card(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada = a_person(project, "ada")
    above, task = a_task(project, position=1), a_task(project, position=2)
    happen(task, "task.created")
    with listening(live_server_asgi, BOARD, user=ada) as line:
        hello = line.read()
        columns = hello.pop("columns")
        epoch = str(EventStream.objects.get().epoch)
        assert hello == {"type": "hello", "epoch": epoch, "head": 1, "columns_at": 1}
        assert {status: head["count"] for status, head in columns.items() if head["count"]} == {"inbox": 2}
        assert (
            columns["inbox"]["oldest"] == f"{min(above.status_since, task.status_since):%Y-%m-%dT%H:%M:%SZ}"
        )
        happen(task, "task.updated", acting(ada), after={"title": "Write the guide"})
        frame = line.read()
    assert (frame["type"], frame["seq"], frame["kind"]) == ("event", 2, "task.updated")
    assert frame["actor"] == {"kind": "human", "id": str(ada.pk), "name": "ada"}
    assert frame["target"] == {"type": "task", "id": str(task.pk)}
    assert frame["data"]["after"] == {"title": "Write the guide"}
    card = frame["card"]
    assert (card["key"], card["column"], card["after"]) == (task.key, "inbox", above.key)
    assert task.key in card["html"]


def test_a_client_that_was_away_gets_what_it_missed_and_then_what_is_new(
    live_server_asgi: LiveServer,
) -> None:
    project = a_project()
    ada = a_person(project, "ada")
    task = a_task(project)
    for _ in range(450):
        happen(task, "task.updated")
    with listening(live_server_asgi, f"{BOARD}?after=7", user=ada) as line:
        assert line.read()["head"] == 450
        seen = line.events(upto=450)
        happen(task, "task.updated")
        seen += line.events(upto=451)
    assert [event["seq"] for event in seen] == list(range(8, 452))
    assert sum("card" in event for event in seen) <= 4


def test_events_of_one_card_in_quick_succession_travel_in_one_message(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada = a_person(project, "ada")
    task = a_task(project)
    with listening(live_server_asgi, BOARD, user=ada) as line:
        line.read()
        for _ in range(20):
            happen(task, "task.progressed")
        frames: list[dict[str, Any]] = []
        while not frames or frames[-1]["seq"] < 20:
            frames.append(line.read())
    seqs = [event["seq"] for frame in frames for event in frame.get("events", [frame])]
    assert seqs == list(range(1, 21))
    assert len(frames) < 20
    assert all(sum("card" in event for event in frame.get("events", [frame])) == 1 for frame in frames)


def test_a_subtask_that_moves_brings_its_parents_card_along(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada = a_person(project, "ada")
    parent = a_task(project)
    subtask = a_task(project, parent=parent)
    with listening(live_server_asgi, BOARD, user=ada) as line:
        line.read()
        happen(subtask, "task.transitioned", before={"status": "ready"}, after={"status": "inbox"})
        moved = line.read()
        happen(subtask, "task.progressed")
        reported = line.read()
    assert moved["card"]["key"] == subtask.key
    assert [card["key"] for card in moved["parents"]] == [parent.key]
    assert "0/1" in moved["parents"][0]["html"]
    assert reported["card"]["key"] == subtask.key
    assert "parents" not in reported


def test_a_subtask_given_to_another_parent_brings_both_parents_cards(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada = a_person(project, "ada")
    old, new = a_task(project), a_task(project)
    subtask = a_task(project, parent=new)
    with listening(live_server_asgi, BOARD, user=ada) as line:
        line.read()
        happen(subtask, "task.updated", before={"parent": old.key}, after={"parent": new.key})
        frame = line.read()
    assert {card["key"] for card in frame["parents"]} == {old.key, new.key}


@pytest.mark.parametrize("after", [11, 2])
def test_a_number_that_cannot_be_served_is_told_to_reload(live_server_asgi: LiveServer, after: int) -> None:
    project = a_project()
    ada = a_person(project, "ada")
    for _ in range(10):
        happen(a_task(project), "task.created")
    EventStream.objects.update(floor_seq=3)
    with listening(live_server_asgi, f"{BOARD}?after={after}", user=ada) as line:
        line.read()
        assert line.read()["type"] == "resync"
        happen(a_task(project), "task.created")
        assert [event["seq"] for event in line.events(upto=11)] == [11]


def test_another_epoch_is_told_to_reload(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada = a_person(project, "ada")
    happen(a_task(project), "task.created")
    with listening(live_server_asgi, f"{BOARD}?after=1&epoch=another", user=ada) as line:
        line.read()
        assert line.read()["type"] == "resync"


def test_service_tokens_and_members_read_events_without_html(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada = a_person(project, "ada", role="viewer")
    task = a_task(project)
    happen(task, "task.created")
    callers: list[dict[str, Any]] = [{"key": a_token(project, "read")}, {"user": ada}]
    for caller in callers:
        with listening(live_server_asgi, f"{EVENTS}?after=0", **caller) as line:
            line.read()
            (event,) = line.events(upto=1)
            assert event["kind"] == "task.created"
            assert "card" not in event


def test_a_client_that_does_not_acknowledge_is_cut_off_and_resumes(live_server_asgi: LiveServer) -> None:
    project = a_project()
    token = a_token(project, "read")
    task = a_task(project)
    with listening(live_server_asgi, f"{EVENTS}?after=0", key=token, max_size=None) as line:
        line.read()
        for number in range(24):
            happen(task, "task.updated", number=number, note="x" * 60_000)
            time.sleep(0.11)
        assert line.closing_code() == 4008
    with listening(live_server_asgi, f"{EVENTS}?after=5", key=token, max_size=None) as line:
        line.read()
        assert [event["seq"] for event in line.events(upto=24)] == list(range(6, 25))


def test_strangers_are_closed_with_a_code_that_says_why(live_server_asgi: LiveServer) -> None:
    project, other = a_project(), a_project("other")
    outsider = a_person(other, "eve")
    agent = an_agent(project, "scout")
    strangers: list[tuple[str, dict[str, Any], int]] = [
        (BOARD, {}, 4401),
        (BOARD, {"user": outsider}, 4404),
        ("/ws/projects/nowhere/board", {"user": outsider}, 4404),
        (EVENTS, {"key": a_token(other, "read")}, 4404),
        (EVENTS, {"key": a_key(agent)}, 4403),
        (EVENTS, {"key": "mcs_unknown"}, 4401),
        (EVENTS, {"key": "mcs_unknown", "user": a_person(project, "ada")}, 4401),
        ("/ws/agent", {"key": a_token(project, "read")}, 4403),
        ("/ws/agent", {}, 4401),
        (f"{BOARD}?after=-1", {"user": a_person(project, "bob")}, 4400),
    ]
    for path, caller, code in strangers:
        with listening(live_server_asgi, path, **caller) as line:
            assert line.closing_code() == code, (path, caller)


def test_nonsense_from_a_client_closes_its_socket(live_server_asgi: LiveServer) -> None:
    project = a_project()
    with listening(live_server_asgi, BOARD, user=a_person(project, "ada")) as line:
        line.read()
        line.connection.send("[" * 5000)
        assert line.closing_code() == 4400


def test_a_foreign_origin_is_refused_at_the_handshake(live_server_asgi: LiveServer) -> None:
    project = a_project()
    cookies = cookies_of(a_person(project, "ada"))
    for origin in ("https://evil.example", "null", live_server_asgi.url.replace("http", "https", 1)):
        with pytest.raises(InvalidStatus) as refused:
            connect(
                f"{live_server_asgi.ws_url}{BOARD}",
                additional_headers={"Cookie": cookies},
                origin=Origin(origin),
            )
        assert refused.value.response.status_code == 403
    with listening(live_server_asgi, BOARD, cookies=cookies, origin=live_server_asgi.url) as line:
        assert line.read()["type"] == "hello"


def test_losing_the_membership_closes_the_socket(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada, bob = a_person(project, "ada"), a_person(project, "bob", role="owner")
    with (
        listening(live_server_asgi, BOARD, user=ada) as line,
        listening(live_server_asgi, BOARD, user=bob) as kept,
    ):
        line.read()
        kept.read()
        remove_member(actor=HOUSE, project=project, user=ada)
        assert line.next_or_none() is None
        assert line.closing_code() == 4401
        assert kept.read()["kind"] == "project.member_removed"


def test_a_changed_role_closes_the_socket_so_that_it_comes_back_with_the_new_one(
    live_server_asgi: LiveServer,
) -> None:
    project = a_project()
    a_person(project, "boss", role="owner")
    ada = a_person(project, "ada")
    cookies = cookies_of(ada)
    with listening(live_server_asgi, BOARD, cookies=cookies) as line:
        line.read()
        set_member(actor=HOUSE, project=project, user=ada, role="viewer")
        assert line.closing_code() == 4401
    with listening(live_server_asgi, BOARD, cookies=cookies) as line:
        assert line.read()["type"] == "hello"


def test_signing_out_closes_the_sockets_of_that_session_alone(live_server_asgi: LiveServer) -> None:
    ada = a_person(a_project(), "ada")
    leaving, staying = cookies_of(ada), cookies_of(ada)
    with (
        listening(live_server_asgi, BOARD, cookies=leaving) as line,
        listening(live_server_asgi, BOARD, cookies=staying) as kept,
    ):
        line.read()
        kept.read()
        sign_out(live_server_asgi, leaving)
        assert line.closing_code() == 4401
        assert kept.next_or_none() is None


def test_a_stream_put_back_from_a_backup_is_told_to_reload(live_server_asgi: LiveServer) -> None:
    project = a_project()
    with listening(live_server_asgi, BOARD, user=a_person(project, "ada")) as line:
        before = line.read()["epoch"]
        EventStream.objects.update(epoch=uuid7())
        frame = line.read()
    assert (frame["type"], frame["head"]) == ("resync", 0)
    assert frame["epoch"] != before


def test_data_too_large_for_a_frame_is_left_to_the_event_list(live_server_asgi: LiveServer) -> None:
    project = a_project()
    token = a_token(project, "read")
    happen(a_task(project), "task.updated", note="x" * 1_500_000)
    with listening(live_server_asgi, f"{EVENTS}?after=0", key=token) as line:
        line.read()
        (event,) = line.events(upto=1)
    assert event["data"]["truncated"] is True
    assert "note" not in event["data"]


def test_a_revoked_key_closes_the_agents_socket(live_server_asgi: LiveServer) -> None:
    project = a_project()
    agent = an_agent(project, "scout")
    key = a_key(agent)
    with listening(live_server_asgi, "/ws/agent", key=key) as line:
        line.read()
        AgentKey.objects.update(revoked_at="2026-01-01T00:00:00Z")
        happen(a_task(project), "agent.key_revoked")
        assert line.closing_code() == 4401


def test_a_revoked_token_closes_its_sockets_at_once_and_nobody_elses(live_server_asgi: LiveServer) -> None:
    project = a_project()
    made, other = (
        create_service_token(actor=HOUSE, project=project, name=name, scopes=["read"])
        for name in ("harness", "other")
    )
    with (
        listening(live_server_asgi, EVENTS, key=made.secret) as line,
        listening(live_server_asgi, EVENTS, key=other.secret) as kept,
    ):
        line.read()
        kept.read()
        revoke_service_token(actor=HOUSE, token=ServiceToken.objects.get(prefix=made.prefix))
        assert line.next_or_none() is None
        assert line.closing_code() == 4401
        assert kept.read()["kind"] == "service_token.revoked"


def test_a_rotation_without_overlap_closes_the_socket_of_the_old_key(live_server_asgi: LiveServer) -> None:
    agent = an_agent(a_project(), "scout")
    with listening(live_server_asgi, "/ws/agent", key=a_key(agent)) as line:
        line.read()
        rotate_key(actor=HOUSE, agent=agent, overlap_s=0)
        assert line.closing_code() == 4401


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


@pytest.mark.parametrize("path", ["/ws/nope", "/ws/projects/%00/board", "/ws/projects/a/b/board"])
def test_a_handshake_to_nowhere_is_refused(live_server_asgi: LiveServer, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{live_server_asgi.ws_url}{path}"):
        pass
    assert refused.value.response.status_code == 403


def test_a_subprotocol_that_is_no_text_is_refused(live_server_asgi: LiveServer) -> None:
    odd = {"Sec-WebSocket-Protocol": "\u00ff"}
    address = f"{live_server_asgi.ws_url}/ws/agent"
    with pytest.raises(InvalidStatus) as refused, connect(address, additional_headers=odd):
        pass
    assert refused.value.response.status_code == 400


def test_the_bell_rings_at_once_on_the_boards_of_those_told(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada, bob = a_person(project, "ada"), a_person(project, "bob")
    task = a_task(project)
    with listening(live_server_asgi, BOARD, user=ada) as line:
        line.read()
        say(task, bob, "Look at this", ada)
        frames = [line.read(), line.read()]
    assert {frame["type"] for frame in frames} == {"event", "notification"}
    assert next(frame for frame in frames if frame["type"] == "notification")["unread"] == 1
