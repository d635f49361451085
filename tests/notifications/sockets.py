"""A socket's client for tests: connects, reads frames, acknowledges."""

from __future__ import annotations

import contextlib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tasks.models import User
from tests.support.server import LiveServer

PATIENCE_S = 8.0


class Line:
    """One open socket. `read` skips pings."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def read(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next frame that is no ping."""
        while True:
            frame: dict[str, Any] = orjson.loads(self.connection.recv(timeout=timeout_s))
            if frame["type"] != "ping":
                return frame

    def next_or_none(self, timeout_s: float = 1.5) -> dict[str, Any] | None:
        """The next frame, or None when nothing comes or the socket is closed first."""
        try:
            return self.read(timeout_s)
        except (TimeoutError, ConnectionClosed):
            return None

    def events(self, upto: int) -> list[dict[str, Any]]:
        """Every event up to the number `upto`, acknowledged as it comes."""
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["seq"] < upto:
            frame = self.read()
            seen += frame["events"] if frame["type"] == "events" else [frame]
            self.ack(seen[-1]["seq"])
        return seen

    def ack(self, seq: int) -> None:
        """Acknowledge everything up to `seq`."""
        self.say({"type": "ack", "seq": seq})

    def say(self, message: Any) -> None:
        """Send a frame."""
        self.connection.send(orjson.dumps(message).decode())

    def closing_code(self, timeout_s: float = PATIENCE_S) -> int:
        """The code the server closes with, after whatever it still sends."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.connection.recv(timeout=timeout_s)
        assert self.connection.close_code is not None
        return self.connection.close_code


def cookies_of(user: User) -> str:
    """The cookie header of a fresh session."""
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


@contextmanager
def listening(
    server: LiveServer,
    path: str,
    *,
    user: User | None = None,
    key: str = "",
    cookies: str = "",
    **options: Any,
) -> Iterator[Line]:
    """An open socket, as a signed-in person, or with a key."""
    headers = dict(options.pop("headers", {}))
    if user is not None or cookies:
        headers["Cookie"] = cookies or cookies_of(user)  # type: ignore[arg-type]
    if key:
        headers["Authorization"] = f"Bearer {key}"
    options = {"compression": None, "open_timeout": PATIENCE_S, **options}
    with connect(f"{server.ws_url}{path}", additional_headers=headers, **options) as connection:
        yield Line(connection)


def sign_out(server: LiveServer, cookies: str) -> None:
    """Press "Sign out" in the browser that holds these cookies."""
    token = "a" * 32
    request = urllib.request.Request(
        f"{server.url}/sign-out",
        data=b"",
        headers={"Cookie": f"{cookies}; csrftoken={token}", "X-CSRFToken": token},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        assert answer.status == 200
