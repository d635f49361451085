"""A lean WebSocket client for load: many sockets on one loop, each message stamped as its bytes arrive."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import struct
import time
from collections.abc import Callable

SEQ = re.compile(rb'[{,]"seq":(\d+)')
ACK_EVERY = 64
TEXT, PING, PONG = 0x1, 0x9, 0xA
Heard = Callable[[int, float], None]


class Socket(asyncio.Protocol):
    """One connection; calls `heard(seq, at)` for every message that has a number, and acknowledges now and then."""

    def __init__(self, path: str, host: str, headers: dict[str, str], heard: Heard) -> None:
        self.opened = asyncio.get_running_loop().create_future()
        self.lost = False
        self._request = _handshake(path, host, headers)
        self._heard = heard
        self._buffer = b""
        self._upgraded = False
        self._unacked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("closed before it was open"))

    def data_received(self, data: bytes) -> None:
        at = time.time()
        self._buffer += data
        if not self._upgraded and not self._upgrade():
            return
        while (message := self._message()) is not None:
            opcode, payload = message
            if opcode == PING:
                self._write(PONG, payload)
            else:
                self._take(payload, at)

    def _upgrade(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        assert head.startswith(b"HTTP/1.1 101"), head
        self._buffer, self._upgraded = rest, True
        return True

    def _message(self) -> tuple[int, bytes] | None:
        """The next whole frame: opcode and payload. The server sends small unfragmented frames without a mask."""
        if len(self._buffer) < 2:
            return None
        length, start = self._buffer[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(self._buffer) < start:
                return None
            length = int.from_bytes(self._buffer[2:start], "big")
        if len(self._buffer) < start + length:
            return None
        opcode, payload = self._buffer[0] & 0x0F, self._buffer[start : start + length]
        self._buffer = self._buffer[start + length :]
        return opcode, payload

    def _take(self, payload: bytes, at: float) -> None:
        if payload.startswith(b'{"type":"hello"'):
            if not self.opened.done():
                self.opened.set_result(None)
        elif payload.startswith(b'{"type":"event'):
            numbers = {int(found) for found in SEQ.findall(payload)}
            for seq in numbers:
                self._heard(seq, at)
            seq = max(numbers)
            self._unacked += 1
            if self._unacked >= ACK_EVERY:
                self._unacked = 0
                self._write(TEXT, b'{"type":"ack","seq":%d}' % seq)

    def _write(self, opcode: int, payload: bytes) -> None:
        self.transport.write(_masked(opcode, payload))


def _handshake(path: str, host: str, headers: dict[str, str]) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _masked(opcode: int, payload: bytes) -> bytes:
    assert len(payload) < 126
    mask = os.urandom(4)
    body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return struct.pack("!BB", 0x80 | opcode, 0x80 | len(payload)) + mask + body


async def open_sockets(
    count: int, port: int, path: str, headers: dict[str, str], heard: Heard
) -> list[Socket]:
    """`count` open sockets, made 50 at a time."""
    loop = asyncio.get_running_loop()
    sockets: list[Socket] = []
    while len(sockets) < count:
        wanted = min(50, count - len(sockets))
        made = [
            await loop.create_connection(
                lambda: Socket(path, f"127.0.0.1:{port}", headers, heard), "127.0.0.1", port
            )
            for _ in range(wanted)
        ]
        await asyncio.gather(*(socket.opened for _, socket in made))
        sockets += [socket for _, socket in made]
    return sockets
