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
    return "\r\n".join(lines).encode("latin1" if path.isascii() else "utf-8")


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


def test_a_large_answer_to_head_has_no_body_that_the_next_answer_would_be_taken_for(
    live_server_asgi: LiveServer,
) -> None:
    asked = b"HEAD /api/v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    answer = speak(live_server_asgi, asked + request("/health", method="GET"))
    head, _, rest = answer.partition(b"\r\n\r\n")
    (length,) = (line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    assert int(length.split()[1]) > 2**17
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded; charset=hex",
        "multipart/form-data; boundary=x; charset=rot13",
        "text/plain; charset=idna",
    ],
)
def test_a_body_in_an_encoding_that_is_none_is_a_problem(live_server_asgi: LiveServer, kind: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\na\r\n--x--\r\n'
    head = request("/sign-in", f"Content-Type: {kind}", f"Content-Length: {len(body)}")
    assert problem(speak(live_server_asgi, head + body))["code"] == "malformed"


def test_more_parameters_than_are_read_are_a_problem_whatever_the_encoding(
    live_server_asgi: LiveServer,
) -> None:
    target = "/api/v1/tasks?" + "&" * 2_000
    for charset in ("utf-8", "utf-16"):
        kind = f"Content-Type: application/json; charset={charset}"
        answer = speak(live_server_asgi, request(target, kind, method="GET"))
        assert problem(answer)["status"] in (400, 401)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain; a\x0bb", b"x"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name*=a''%41\r\n\r\n1\r\n--x--\r\n",
        ),
    ],
)
def test_a_form_that_cannot_be_read_is_answered_all_the_same(
    live_server_asgi: LiveServer, kind: str, body: bytes
) -> None:
    head = request("/api/v1/tasks", f"Content-Type: {kind}", f"Content-Length: {len(body)}")
    assert problem(speak(live_server_asgi, head + body))["status"] in (400, 401)


def test_nobody_says_for_the_site_under_which_address_it_stands(live_server_asgi: LiveServer) -> None:
    for value in ("//evil.example", "\u00ff"):
        answer = speak(live_server_asgi, request("/", f"Daphne-Root-Path: {value}", method="GET"))
        assert answer.startswith(b"HTTP/1.1 302 ")
        assert b"evil.example" not in answer


def test_a_head_that_is_too_long_is_refused_by_name(live_server_asgi: LiveServer) -> None:
    long = "a" * 2**16
    answer = speak(live_server_asgi, request("/health", f"X-Long: {long}", method="GET"))
    assert (problem(answer)["status"], problem(answer)["code"]) == (431, "too_long")
    several = [f"X-{number}: {'a' * 1_000}" for number in range(60)]
    assert problem(speak(live_server_asgi, request("/health", *several, method="GET")))["status"] == 431
    assert problem(speak(live_server_asgi, request(f"/{long}", method="GET")))["status"] == 414


@pytest.mark.parametrize("line", ["GET / HTTP/9", "GET /a b HTTP/1.1", "\xff / HTTP/1.1", "PRI * HTTP/2.0"])
def test_what_is_no_request_is_answered_though_more_of_it_follows(
    live_server_asgi: LiveServer, line: str
) -> None:
    said = f"{line}\r\nHost: 127.0.0.1\r\n\r\n".encode("latin1") * 200
    assert problem(speak(live_server_asgi, said))["code"] == "malformed"


def test_a_handshake_that_is_none_is_a_problem_and_leaves_no_trace(live_server_asgi: LiveServer) -> None:
    told = ("Upgrade: websocket", "Sec-WebSocket-Key: <script>", "Sec-WebSocket-Version: 99")
    answer = speak(live_server_asgi, request("/ws/agent", *told, method="GET"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert problem(answer)["code"] == "handshake_refused"
    assert b"script" not in answer
    assert "AttributeError" not in live_server_asgi.log.read_text()


def test_the_server_survives_all_of_this(live_server_asgi: LiveServer) -> None:
    live_server_asgi.check()
    answer = speak(live_server_asgi, request("/health", method="GET"))
    assert answer.startswith(b"HTTP/1.1 200 ")
