"""The server itself, spoken to over a socket, as badly as a client can."""

from __future__ import annotations

import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from tests.support.server import LiveServer

MIB = 2**20


def connected(server: LiveServer, within_s: float = 8.0) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=within_s)


def speak(server: LiveServer, *pieces: bytes, within_s: float = 8.0) -> bytes:
    """Send `pieces` and return all that comes back until the server closes, or the time is over."""
    got = b""
    with connected(server, within_s) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
            while data := line.recv(65536):
                got += data
        except (ConnectionError, TimeoutError):
            return got
    return got


def problem(answer: bytes) -> dict[str, object]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, answer[:400]
    found: dict[str, object] = json.loads(body)
    return found


def request(path: str, *headers: str, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def test_a_declared_body_over_the_limit_is_refused_before_it_is_sent(live_server_asgi: LiveServer) -> None:
    begun = time.monotonic()
    answer = speak(live_server_asgi, request("/api/v1/tasks", f"Content-Length: {300 * MIB}"))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert problem(answer)["code"] == "too_large"
    assert time.monotonic() - begun < 6


def test_a_client_that_sends_on_still_reads_why_it_was_refused(live_server_asgi: LiveServer) -> None:
    answer = speak(live_server_asgi, request("/api/v1/tasks", f"Content-Length: {3 * MIB}"), b"x" * (3 * MIB))
    assert problem(answer)["status"] == 413


def test_a_chunked_body_is_refused_where_it_passes_the_limit(live_server_asgi: LiveServer) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    head = request("/api/v1/tasks", "Transfer-Encoding: chunked")
    answer = speak(live_server_asgi, head, *[chunk] * 40, b"0\r\n\r\n")
    assert problem(answer)["status"] == 413


def test_a_client_that_never_stops_sending_is_cut_off(live_server_asgi: LiveServer) -> None:
    head = request("/api/v1/tasks", f"Content-Length: {200 * MIB}")
    with connected(live_server_asgi) as line:
        line.sendall(head)
        assert sent_until_cut(line) < 60 * MIB


def sent_until_cut(line: socket.socket) -> int:
    sent = 0
    try:
        while sent < 200 * MIB:
            sent += line.send(b"x" * MIB)
    except ConnectionError:
        return sent
    raise AssertionError("the server took it all")


@pytest.mark.parametrize("target", ["/api/v1/tasks?q=\u00e9", "/caf\u00e9"])
def test_a_request_line_beyond_ascii_is_a_problem(live_server_asgi: LiveServer, target: str) -> None:
    answer = speak(live_server_asgi, request(target, method="GET"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert problem(answer)["code"] == "malformed"


def test_a_foreign_host_is_refused(live_server_asgi: LiveServer) -> None:
    asked = b"GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    answer = speak(live_server_asgi, asked)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"evil.example" not in answer


def test_the_server_survives_all_of_this(live_server_asgi: LiveServer) -> None:
    live_server_asgi.check()
    answer = speak(live_server_asgi, request("/health", method="GET"))
    assert answer.startswith(b"HTTP/1.1 200 ")
