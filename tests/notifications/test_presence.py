"""Presence: who is at a board, once each, soon forgotten, at most a frame a second; hostile clients change nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson
import pytest

from notifications.live.presence import BURST, SHOWN, Allowance, Person, Presence, key_within
from tasks.models import Event, User
from tasks.services.projects import remove_member
from tests.notifications.builders import HOUSE, a_person, a_project, a_task
from tests.notifications.sockets import Line, cookies_of, listening, sign_out
from tests.support.server import LiveServer

ATLAS, ZEUS = uuid4(), uuid4()
BOARD = "/ws/projects/atlas/board"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Socket:
    """A socket that remembers what it was told."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    def say(self, text: str) -> None:
        self.frames.append(orjson.loads(text))

    def names(self) -> list[str]:
        return [person["name"] for person in self.frames[-1]["people"]]


def person(number: int, name: str = "", **doing: Any) -> Person:
    return Person(number, name or f"Person {number:04}", "P", number % 7, **doing)


def test_a_person_in_several_tabs_is_one_who_looks_at_several_cards() -> None:
    presence, tabs = Presence("a", Clock()), [Socket(), Socket()]
    presence.seen(ATLAS, tabs[0], person(1, "Ada", cards=("APO-1",)))
    presence.seen(ATLAS, tabs[1], person(1, "Ada", drag="APO-2"))
    presence.turn()
    (ada,) = tabs[0].frames[-1]["people"]
    assert (ada["name"], ada["cards"], ada["drag"]) == ("Ada", ["APO-1"], "APO-2")
    presence.gone(ATLAS, tabs[1])
    presence.turn()
    assert tabs[0].frames[-1]["people"][0]["drag"] is None


def test_a_thousand_sockets_that_say_much_get_one_frame_a_turn_with_twenty_people() -> None:
    presence, sockets = Presence("a", Clock()), [Socket() for _ in range(1000)]
    for again in range(5):
        for number, socket in enumerate(sockets):
            presence.seen(ATLAS, socket, person(number, cards=(f"APO-{again}",)))
    presence.turn()
    assert {len(socket.frames) for socket in sockets} == {1}
    assert (len(sockets[0].frames[0]["people"]), sockets[0].frames[0]["more"]) == (SHOWN, 980)
    presence.turn()
    assert {len(socket.frames) for socket in sockets} == {1}


def test_who_drags_is_shown_however_many_are_there() -> None:
    presence, socket = Presence("a", Clock()), Socket()
    for number in range(50):
        presence.seen(ATLAS, Socket(), person(number))
    presence.seen(ATLAS, socket, person(99, "Zoe", drag="APO-1"))
    presence.turn()
    assert socket.names()[0] == "Zoe"


def test_projects_know_nothing_of_each_other() -> None:
    presence, here, there = Presence("a", Clock()), Socket(), Socket()
    presence.seen(ATLAS, here, person(1, "Ada"))
    presence.seen(ZEUS, there, person(2, "Eve"))
    presence.turn()
    assert (here.names(), there.names()) == (["Ada"], ["Eve"])


def test_who_goes_silent_is_forgotten() -> None:
    clock = Clock()
    presence, dead, alive = Presence("a", clock), Socket(), Socket()
    presence.seen(ATLAS, dead, person(1, "Ada"))
    clock.now += 20
    presence.seen(ATLAS, alive, person(2, "Bob"))
    presence.turn()
    assert alive.names() == ["Ada", "Bob"]
    clock.now += 6
    presence.turn()
    assert alive.names() == ["Bob"]


def test_processes_tell_each_other_and_a_dead_one_is_forgotten() -> None:
    clock = Clock()
    one, two = Presence("one", clock), Presence("two", clock)
    ada, bob = Socket(), Socket()
    one.seen(ATLAS, ada, person(1, "Ada", drag="APO-1"))
    for note in one.turn():
        two.heard(orjson.loads(orjson.dumps(note)))
    # The second process had nobody there: what it passed over it asks for when somebody comes.
    two.seen(ATLAS, bob, person(2, "Bob"))
    for note in two.turn():
        one.heard(orjson.loads(orjson.dumps(note)))
    for note in one.turn():
        two.heard(orjson.loads(orjson.dumps(note)))
    two.turn()
    assert ada.names() == bob.names() == ["Ada", "Bob"]
    clock.now += 3
    two.seen(ATLAS, bob, person(2, "Bob"))
    two.turn()
    assert bob.names() == ["Ada", "Bob"]
    clock.now += 8
    two.turn()
    assert bob.names() == ["Bob"]


def test_the_last_to_leave_a_process_is_told_of_at_once_and_nothing_is_kept() -> None:
    presence, socket = Presence("one", Clock()), Socket()
    presence.seen(ATLAS, socket, person(1))
    presence.turn()
    presence.gone(ATLAS, socket)
    (note,) = presence.turn()
    assert note["people"] == []
    assert presence.turn() == []
    assert not presence._crowds


@pytest.mark.parametrize(
    "value", ["ZEU-1", "APO-x", "APO-1 ", "", None, 7, ["APO-1"], {"a": 1}, "A" * 9999, "apo-1"]
)
def test_what_is_no_card_of_the_project_is_no_card(value: Any) -> None:
    assert key_within(value, "APO") is None
    assert key_within("APO-12", "APO") == "APO-12"


def test_a_flood_is_not_heard_and_an_ordinary_pace_is() -> None:
    clock = Clock()
    allowance = Allowance(clock)
    assert sum(allowance.take() for _ in range(1000)) == BURST
    clock.now += 10
    assert allowance.take()


def _presence(line: Line, wanted: Any = None) -> dict[str, Any]:
    """The next frame about people that fits."""
    while True:
        frame = line.read()
        if frame["type"] == "presence" and (wanted is None or wanted(frame)):
            return frame


def _names(frame: dict[str, Any]) -> list[str]:
    return [each["name"] for each in frame["people"]]


@pytest.mark.django_db(transaction=True)
def test_people_see_each_other_until_they_sign_out_or_lose_their_role(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada, vic = a_person(project, "ada"), a_person(project, "vic", "viewer")
    task = a_task(project)
    events, cookies = Event.objects.count(), cookies_of(vic)
    with listening(live_server_asgi, BOARD, user=ada) as line:
        line.read()
        line.say({"type": "presence", "card": task.key, "drag": task.key})
        with listening(live_server_asgi, BOARD, cookies=cookies) as other:
            other.read()
            other.say({"type": "presence", "card": task.key, "drag": task.key, "id": ada.pk, "name": "ada"})
            people = {
                each["name"]: each for each in _presence(other, lambda f: len(f["people"]) == 2)["people"]
            }
            assert (people["ada"]["drag"], people["ada"]["cards"]) == (task.key, [task.key])
            assert (people["vic"]["drag"], people["vic"]["cards"], people["vic"]["id"]) == (
                None,
                [task.key],
                vic.pk,
            )
            _presence(line, lambda f: len(f["people"]) == 2)
            sign_out(live_server_asgi, cookies)
            assert _names(_presence(line, lambda f: len(f["people"]) == 1)) == ["ada"]
        with listening(live_server_asgi, BOARD, user=User.objects.get(pk=vic.pk)) as again:
            again.read()
            again.say({"type": "presence"})
            _presence(line, lambda f: len(f["people"]) == 2)
            remove_member(actor=HOUSE, project=project, user=vic)
            _presence(line, lambda f: len(f["people"]) == 1)
            line.say({"type": "presence", "away": True})
    assert Event.objects.exclude(type="project.member_removed").count() == events


@pytest.mark.django_db(transaction=True)
def test_junk_floods_and_strangers_change_nothing(live_server_asgi: LiveServer) -> None:
    project = a_project()
    ada, bob, eve = a_person(project, "ada"), a_person(project, "bob"), a_person(None, "eve")
    junk: list[Any] = [
        {"type": "presence", "card": {"$": 1}, "drag": ["x"] * 1000},
        {"type": "presence", "card": "ZEUS-1", "drag": "ATLAS-1' OR 1=1"},
        {"type": "presence", "card": 2**60, "drag": "\u202e"},
        {"type": "presence", "people": [{"id": eve.pk, "name": "eve"}], "more": 10**9},
        {"type": "presence", "away": "perhaps", "user": eve.pk},
    ]
    with (
        listening(live_server_asgi, BOARD, user=ada) as line,
        listening(live_server_asgi, BOARD, user=bob) as hostile,
    ):
        line.read()
        hostile.read()
        line.say({"type": "presence"})
        for number in range(2000):
            hostile.say(junk[number % len(junk)])
        frame = _presence(line, lambda f: len(f["people"]) == 2)
        assert {(each["name"], each["drag"], tuple(each["cards"])) for each in frame["people"]} == {
            ("ada", None, ()),
            ("bob", None, ()),
        }
        hostile.connection.send("no json")
        assert hostile.closing_code() == 4400
        _presence(line, lambda f: len(f["people"]) == 1)
    with listening(live_server_asgi, BOARD, user=eve) as stranger:
        assert stranger.closing_code() == 4404
