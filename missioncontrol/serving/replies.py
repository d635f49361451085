"""Whole answers made without Django: what a client gets when its request never came as far as a view."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

CHUNK_BYTES = 2**16
PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and a complete body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    def with_body(self, body: bytes) -> Reply:
        """The same reply with another body."""
        return replace(self, body=body)

    def raw(self) -> bytes:
        """The answer as bytes, for where there is no request to answer through."""
        lines = [f"HTTP/1.1 {self.status} {PHRASES.get(self.status, '')}".encode()]
        lines += [name + b": " + value for name, value in self.headers]
        return b"\r\n".join([*lines, b"", self.body])

    def start_message(self) -> Any:
        """The ASGI message that opens the answer."""
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}

    def messages(self) -> Iterator[Any]:
        """Every ASGI message of the answer, in order."""
        yield self.start_message()
        last = max(len(self.body) - 1, 0) // CHUNK_BYTES
        for number in range(last + 1):
            piece = self.body[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES]
            yield {"type": "http.response.body", "body": piece, "more_body": number < last}


def problem(status: int, code: str, detail: str, **members: Any) -> Reply:
    """A problem document (RFC 9457) with `Connection: close` where the body was not read to its end."""
    title = "Too large" if status == 413 else HTTPStatus(status).phrase
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    body = json.dumps({**document, "errors": [], **members}).encode()
    headers = [(b"Content-Type", b"application/problem+json"), (b"Content-Length", str(len(body)).encode())]
    if status == 413:
        headers.append((b"Connection", b"close"))
    return Reply(status, headers, body)


def too_large(limit: int) -> Reply:
    """The refusal of a body over `limit` bytes."""
    return problem(
        413,
        "too_large",
        f"The body is larger than {limit} bytes.",
        next_action="Send a smaller body, or attach large content by reference.",
    )
