"""An agent in quarantine may read, and say that it lives; on no address does it change anything."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent
from agents.services.control import order
from missioncontrol.kernel.api.authentication import person
from tasks.services.projects import set_mode
from tests.hostile.requests import Attack, addresses, operations
from tests.hostile.test_hostile import sender
from tests.hostile.test_isolation import body_of, filled, first
from tests.hostile.world import HOUSE, Realm, a_realm, rows_of

pytestmark = pytest.mark.django_db

LIFE = {"/api/v1/agent/heartbeat"}
ENDS = {"/api/v1/agent/sessions/<str:prefix>"}  # an agent may always give up a way in
OWN = {"/api/v1/agent/notifications/ack", "/api/v1/agent/notifications/<str:ref>/ack"}
"""To say what one has read is part of reading."""

READS = {"/agent/task-load"}


@pytest.fixture(params=["agent", "project"])
def realm(request: pytest.FixtureRequest) -> Realm:
    made = a_realm("apollo")
    if request.param == "agent":
        for agent in made.agents:
            order(actor=person(made.people["owner"]), agent=agent, action="quarantine", reason="Odd.")
    else:
        set_mode(actor=HOUSE, project=made.project, mode="quarantined", reason="Leak.")
    return made


def test_it_changes_nothing_on_any_address(realm: Realm) -> None:
    send, wrong, asked = sender(realm), list[str](), 0
    before = _rows(realm)
    for route in addresses():
        if not route.startswith(("/api/v1/", "/agent/")) or route in LIFE | ENDS | OWN | READS:
            continue
        for method in sorted(set(operations(route)) - {"GET"}):
            for caller in ("bolt", "nova", "session"):
                asked += 1
                path = filled(route, first(realm))
                body = body_of(route, method, realm)
                answer = send(Attack(0, caller, method, path, "", {}, "application/json", body))
                if answer.status_code < 400:
                    wrong.append(f"{caller} {method} {route} answered {answer.status_code}")
    assert asked > 100
    assert not wrong, "\n".join(wrong)
    assert _rows(realm) == before


def test_its_heartbeat_says_that_it_lives_and_nothing_more(realm: Realm) -> None:
    send, before, [bolt, _] = sender(realm), _rows(realm), realm.agents
    Agent.objects.filter(pk=bolt.pk).update(error_streak=4)
    body = b'{"health": "error", "error": "Boom", "note": "Listen to me", "load": 5, "spend": "3.00", "claim": true}'
    answer = send(Attack(0, "bolt", "POST", "/api/v1/agent/heartbeat", "", {}, "application/json", body))
    assert answer.status_code == 200, answer.content
    assert answer.json()["directives"][0]["type"] == "quarantine"
    bolt.refresh_from_db()
    assert (bolt.error_streak, bolt.last_beat_at is not None) == (4, True)
    Agent.objects.filter(pk=bolt.pk).update(error_streak=0)
    # Whether what waits for an agent is delivered is decided anew with every beat.
    after = {name: rows for name, rows in _rows(realm).items() if name != "notifications.Notification"}
    assert after == {name: before[name] for name in after}


def test_it_opens_no_session_and_reports_no_activity(realm: Realm) -> None:
    send, before = sender(realm), _rows(realm)
    for path, body in (
        ("/api/v1/agent/sessions", b"{}"),
        (
            "/api/v1/agents/apollo-bolt/activity",
            b'{"health": "working", "note": "Nothing is wrong with me."}',
        ),
    ):
        answer = send(Attack(0, "bolt", "POST", path, "", {}, "application/json", body))
        assert (answer.status_code, answer.json()["code"]) == (403, "quarantined")
    assert _rows(realm) == before


def _rows(realm: Realm) -> dict[str, list[Any]]:
    """Everything of the project but the sign of life itself, and what remembers refusals."""
    rows = rows_of(realm.project)
    for agent in rows["agents.Agent"]:
        agent.pop("last_beat_at")
    return rows
