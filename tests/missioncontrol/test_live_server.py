"""The fixtures themselves: a server that answers, on the test's own database."""

from __future__ import annotations

import urllib.request

from tests.support.server import LiveServer


def test_the_live_server_answers(live_server_asgi: LiveServer) -> None:
    with urllib.request.urlopen(f"{live_server_asgi.url}/health") as answer:
        assert answer.read() == b'{"status": "ok"}'
