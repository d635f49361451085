"""The same attacks through sockets, from several threads at once, against the server as it runs in earnest."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from notifications.handlers import handle
from notifications.models import RelayCursor
from notifications.services import relay
from tasks.services.audit import verify_chain
from tests.hostile.requests import Attack, attacks
from tests.hostile.test_hostile import everything_still_answers, faults
from tests.hostile.wire import PATIENCE_S, Line
from tests.hostile.world import Realm, a_realm, aim, counts, rows_of
from tests.support.flushing import empty_the_tables
from tests.support.server import LiveServer, serving

COUNT = int(os.environ.get("MC_HOSTILE_COUNT", "600"))
SEED = int(os.environ.get("MC_HOSTILE_SEED", "20261122"))
THREADS = 4

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[LiveServer]:
    """A server that counts nobody's requests."""
    with serving(MC_KEY_RATE="1000000000") as running:
        yield running
    with django_db_blocker.unblock():
        empty_the_tables()


def test_hostile_requests_on_kept_connections_get_a_clear_answer_and_do_no_harm(server: LiveServer) -> None:
    own, foreign = realms()
    shown, hidden = {**own.headers, **cookies(own)}, rows_of(foreign.project)
    sent = list(attacks(aim(own, foreign), seed=SEED, count=COUNT))
    wrong = all_at_once(server, sent, shown, foreign)
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong[:40]])
    server.check()
    assert rows_of(foreign.project) == hidden
    assert verify_chain(own.project).ok
    assert everything_still_answers(own) == []


def test_nobody_changes_anything_without_credentials(server: LiveServer) -> None:
    own, foreign = realms()
    sent = [
        Attack(**{**vars(attack), "caller": "nobody"})
        for attack in attacks(aim(own, foreign), seed=SEED + 1, count=COUNT // 2)
        if not attack.headers
    ]
    before = counts()
    wrong = all_at_once(server, sent, {}, foreign)
    assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong[:40]])
    assert counts() == before


def realms() -> tuple[Realm, Realm]:
    """Two projects whose events the relay has read to the end, so that what it does is not taken for an attack's."""
    made = a_realm("apollo"), a_realm("borealis")
    deadline = time.monotonic() + PATIENCE_S
    behind = RelayCursor.objects.filter(seq__lt=F("project__stream__head_seq"))
    relay.drain(consumer="notifications", handle=handle)
    while behind.exists():  # the server's own relay may be at it
        assert time.monotonic() < deadline, "the relay does not come to the end"
        time.sleep(0.05)
    return made


def cookies(realm: Realm) -> dict[str, Mapping[str, str]]:
    """What the browsers of the realm's people send along."""
    found: dict[str, Mapping[str, str]] = {}
    token = "a" * 32
    for role, user in realm.people.items():
        client = Client()
        client.force_login(user)
        session = client.cookies["sessionid"].value
        found[f"@{role}"] = {
            "Cookie": f"sessionid={session}; csrftoken={token}",
            "X-CSRFToken": token,
        }
    return found


def all_at_once(
    server: LiveServer, sent: Sequence[Attack], shown: Mapping[str, Mapping[str, str]], foreign: Realm
) -> list[str]:
    """What was wrong with the answers, each thread sending its share over a connection of its own."""

    def share(number: int) -> list[str]:
        line, wrong = Line(server.url), list[str]()
        for attack in sent[number::THREADS]:
            try:
                answer = line.ask(attack, shown.get(attack.caller, {}))
            except (OSError, AssertionError, ValueError, LookupError) as error:
                line.close()
                wrong.append(f"{error!r}: {attack}")
                continue
            wrong += [
                f"{fault}: {attack} -> {answer.content[:300]!r}" for fault in faults(attack, answer, foreign)
            ]
        line.close()
        return wrong

    with ThreadPoolExecutor(THREADS) as pool:
        return [fault for found in pool.map(share, range(THREADS)) for fault in found]
