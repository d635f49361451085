"""A body over the limit is refused before anything keeps it, with or without a credential."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from missioncontrol.serving.body_limit import BodyLimit

LIMIT = 1000


class Reader:
    """An application that reads its body and remembers how much came."""

    def __init__(self) -> None:
        self.read = 0
        self.called = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.called = True
        more = True
        while more:
            message = await receive()
            self.read += len(message.get("body", b""))
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"read"})


async def ask(headers: list[tuple[bytes, bytes]], *pieces: bytes) -> tuple[int, bytes, Reader]:
    reader = Reader()
    asked = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    communicator = ApplicationCommunicator(BodyLimit(reader, LIMIT), asked)
    for number, piece in enumerate(pieces, start=1):
        await communicator.send_input(
            {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        )
    start = await communicator.receive_output(2)
    body = (await communicator.receive_output(2))["body"]
    await communicator.wait(2)
    return start["status"], body, reader


async def test_a_body_at_the_limit_passes() -> None:
    status, body, reader = await ask([(b"content-length", b"1000")], b"x" * 1000)
    assert (status, body, reader.read) == (200, b"read", 1000)


async def test_a_declared_body_over_the_limit_is_refused_unread() -> None:
    status, body, reader = await ask([(b"content-length", b"1001")])
    assert (status, json.loads(body)["code"]) == (413, "too_large")
    assert not reader.called


async def test_an_undeclared_body_is_refused_where_it_passes_the_limit() -> None:
    status, body, reader = await ask([], b"x" * 600, b"x" * 401, b"x" * 600)
    assert (status, json.loads(body)["code"]) == (413, "too_large")
    assert reader.read == 600


async def test_a_body_longer_than_declared_is_still_counted() -> None:
    status, _, _ = await ask([(b"content-length", b"5")], b"x" * 1001)
    assert status == 413


@pytest.mark.parametrize("declared", [b"-1", b"abc", b"1_000", b"9" * 30, b"", "\u0661".encode()])
async def test_a_length_that_is_no_number_is_refused(declared: bytes) -> None:
    status, body, reader = await ask([(b"content-length", declared)])
    assert (status, json.loads(body)["code"]) == (400, "malformed")
    assert not reader.called


async def test_two_different_lengths_are_refused() -> None:
    status, _, reader = await ask([(b"content-length", b"5"), (b"content-length", b"6")])
    assert status == 400
    assert not reader.called
