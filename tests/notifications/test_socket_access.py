"""Who gets a socket of the real server, and what closes it."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from agents.models import AgentKey, ServiceToken
from agents.services.keys import create_service_token, revoke_service_token, rotate_key
from tasks.services.projects import remove_member, set_member
from tests.notifications.builders import (
    HOUSE,
    a_key,
    a_person,
    a_project,
    a_task,
    a_token,
    an_agent,
    happen,
)
from tests.notifications.sockets import cookies_of, listening, sign_out
from tests.support.server import LiveServer

BOARD = "/ws/projects/atlas/board"
EVENTS = "/ws/projects/atlas/events"


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
