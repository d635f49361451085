"""Sending one text to many sockets: framed once, and handed to the kernel at once where nothing waits before it.

Autobahn encodes, frames and describes every message for every socket, and Twisted's asyncio reactor spends two
system calls and a turn of the loop on asking whether a socket can be written. With a thousand sockets on one event
that is most of the cost.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

from autobahn.websocket.types import ConnectionDeny
from daphne.ws_protocol import WebSocketProtocol

from missioncontrol.serving.replies import problem

FINAL_TEXT = 0x81
KEPT = 8


class PushProtocol(WebSocketProtocol):  # type: ignore[misc]
    """daphne's protocol with a short way out for text; everything else goes the long way."""

    transport: Any
    server: Any = None

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:
        """Refuse a handshake, in words that repeat nothing of it."""
        reply = problem(code, "handshake_refused", "This is not a handshake that can be accepted here.")
        self.sendData(reply.raw())

    def onConnect(self, request: Any) -> Any:
        """A handshake; one whose subprotocols are no text is refused."""
        if not request.headers.get("sec-websocket-protocol", "").isascii():
            raise ConnectionDeny(ConnectionDeny.BAD_REQUEST)  # type: ignore[no-untyped-call]
        return super().onConnect(request)

    def onClose(self, *reason: Any) -> None:
        """The connection has ended; one that was never a socket is known to nobody."""
        if self.server is not None:
            super().onClose(*reason)

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:
        """Send one message."""
        plain = isinstance(content, str) and not binary and self._perMessageCompress is None
        if plain and self.state == self.STATE_OPEN and not self.send_queue:
            write(self.transport, framed(str(content)))
        else:
            super().serverSend(content, binary)


@lru_cache(maxsize=KEPT)
def framed(text: str) -> bytes:
    """`text` as an unfragmented, unmasked text frame (RFC 6455, section 5.2); the last few are kept."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", FINAL_TEXT, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", FINAL_TEXT, 126, size) + payload
    return struct.pack("!BBQ", FINAL_TEXT, 127, size) + payload


def write(transport: Any, data: bytes) -> None:
    """Write `data` after whatever the transport still holds; nothing held, the kernel gets it now."""
    if not transport.connected or transport.disconnecting or not is_drained(transport):
        transport.write(data)
        return
    sent = transport.writeSomeData(data)
    if not isinstance(sent, int):
        # The connection is lost; the ordinary way finds out and tells everybody.
        transport.write(data)
    elif sent < len(data):
        transport.write(data[sent:])


def is_drained(transport: Any) -> bool:
    """Whether nothing waits in the transport's own buffers."""
    waiting: int = transport._tempDataLen + len(transport.dataBuffer) - transport.offset
    return waiting == 0
