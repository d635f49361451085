"""Who may open a socket, decided by Host and Origin alone."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import override_settings

from missioncontrol.serving.sockets import SocketGate


async def opens(origin: str | None, host: str = "board.example.org", **more: Any) -> bool:
    async def accept(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    headers = [(b"host", host.encode())] + ([(b"origin", origin.encode())] if origin is not None else [])
    asked = {"type": "websocket", "path": "/ws/x", "headers": [*headers, *more.get("headers", [])]}
    communicator = ApplicationCommunicator(SocketGate(accept), asked)
    await communicator.send_input({"type": "websocket.connect"})
    answer = await communicator.receive_output(2)
    await communicator.wait(2)
    return bool(answer["type"] == "websocket.accept")


@pytest.fixture(autouse=True)
def _site() -> Any:
    with override_settings(
        MC_SITE_URL="https://board.example.org", ALLOWED_HOSTS=["board.example.org", "localhost"]
    ):
        yield


@pytest.mark.parametrize("origin", ["https://board.example.org", "https://board.example.org:443", None])
async def test_the_site_itself_and_programs_may_connect(origin: str | None) -> None:
    assert await opens(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://board.example.org",
        "https://board.example.org:8443",
        "https://evil.example",
        "https://board.example.org.evil.example",
        "https://evil-board.example.org",
        "https://localhost",
        "https://user@board.example.org",
        "https://board.example.org/path",
        "null",
        "",
        "file://",
        "https://board.example.org:99999999",
        "https://[::1",
    ],
)
async def test_another_scheme_host_or_port_may_not(origin: str) -> None:
    assert not await opens(origin)


async def test_another_allowed_name_may_connect_to_itself() -> None:
    assert await opens("https://localhost:9000", host="localhost:9000")


@pytest.mark.parametrize("host", ["evil.example", "", "board.example.org:80:80", "a b"])
async def test_a_foreign_host_is_refused_even_without_an_origin(host: str) -> None:
    assert not await opens(None, host=host)


async def test_two_origins_or_two_hosts_are_refused() -> None:
    good = b"https://board.example.org"
    assert not await opens(good.decode(), headers=[(b"origin", good)])
    assert not await opens(good.decode(), headers=[(b"host", b"board.example.org")])
