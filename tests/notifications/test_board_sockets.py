"""The sockets of a board and of events, against the real server: hello, live, catch-up, resync."""

from __future__ import annotations

import time
from typing import Any

import pytest

from missioncontrol.kernel.ids import uuid7
from tasks.models import EventStream
from tests.notifications.builders import (
    a_person,
    a_project,
    a_task,
    a_token,
    acting,
    happen,
    say,
)
from tests.notifications.sockets import listening
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
