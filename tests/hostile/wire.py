"""HTTP as a hostile client speaks it: whatever bytes it likes on a kept connection, and the answer read strictly."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.hostile.requests import Attack

PATIENCE_S = 30.0
NO_BODY = frozenset({204, 304})


class Lost(OSError):
    """The server closed the connection without a complete answer."""


@dataclass(frozen=True)
class Answer:
    """One answer, with the attributes by which a test looks at Django's. Names of headers are capitalised."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Line:
    """One connection, opened again whenever the server has closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 0
        self._socket: socket.socket | None = None
        self._held = b""

    def ask(self, attack: Attack, headers: Mapping[str, str]) -> Answer:
        """Send a request and read its answer. Raises Lost when there is none on a fresh connection either."""
        data, head = raw(attack, headers, f"{self.host}:{self.port}"), attack.method == "HEAD"
        kept = self._socket is not None
        try:
            return self.send(data, head=head)
        except (Lost, ConnectionError):
            self.close()
            if not kept:
                raise
        # The server may have ended the kept connection just as the request went out.
        return self.send(data, head=head)

    def send(self, data: bytes, *, head: bool = False) -> Answer:
        """Send bytes and read one answer. Raises Lost, or ConnectionError."""
        if self._socket is None:
            self._socket = socket.create_connection((self.host, self.port), timeout=PATIENCE_S)
            self._held = b""
        self._socket.sendall(data)
        answer = self._answer(head)
        if answer.headers.get("Connection", "").lower() == "close":
            self.close()
        return answer

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _answer(self, head: bool) -> Answer:
        lines = self._until(b"\r\n\r\n").decode("latin1").split("\r\n")
        version, status, *_ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines[0]
        pairs = (line.partition(":") for line in lines[1:])
        headers = {name.strip().title(): value.strip() for name, _, value in pairs}
        code = int(status)
        bare = head or code in NO_BODY
        return Answer(code, headers, b"" if bare else self._body(headers))

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        return self._exactly(int(headers["Content-Length"]))

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self._until(b"\r\n"), 16):
            found += self._exactly(size)
            assert self._exactly(2) == b"\r\n"
        assert self._until(b"\r\n") == b""
        return found

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._held:
            self._more()
        found, _, self._held = self._held.partition(mark)
        return found

    def _exactly(self, size: int) -> bytes:
        while len(self._held) < size:
            self._more()
        found, self._held = self._held[:size], self._held[size:]
        return found

    def _more(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(2**16)
        if not data:
            raise Lost(f"closed after {self._held[:200]!r}")
        self._held += data


def raw(attack: Attack, headers: Mapping[str, str], host: str) -> bytes:
    """The bytes of a request; what an attack says of a header comes before what is usual."""
    said = {"Host": host, "Content-Type": attack.content_type, **headers, **attack.headers}
    if attack.body or attack.method not in {"GET", "HEAD", "OPTIONS", "TRACE"}:
        said["Content-Length"] = str(len(attack.body))
    target = f"{attack.path}?{attack.query}" if attack.query else attack.path
    lines = [f"{attack.method} {target} HTTP/1.1".encode()]
    lines += [f"{name}: {value}".encode(_charset(value)) for name, value in said.items()]
    return b"\r\n".join([*lines, b"", attack.body])


def _charset(value: str) -> str:
    return "latin1" if all(ord(letter) < 256 for letter in value) else "utf-8"
