"""Requests as daphne reads them, refused as early as their headers allow.

daphne hands a request on only when its whole body has arrived, so a limit in the application comes too late: the
body is in memory or on disk by then. Here it is refused when it is announced, or when it grows too long.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from daphne.http_protocol import HTTPFactory, WebRequest
from twisted.internet import reactor as twisted_reactor
from twisted.web import http

from missioncontrol.serving.replies import Reply, problem, too_large

LINGER_S = 2.0
reactor: Any = twisted_reactor
LINGER_BYTES = 8 * 2**20
CODES = {400: "malformed", 500: "internal", 503: "unavailable"}
ROOT_PATH = b"Daphne-Root-Path"
"""A header by which daphne lets anybody say under which address the site stands."""


class LimitedRequest(WebRequest):  # type: ignore[misc]
    """A request that is answered 413 and cut off once its body is known to be too large."""

    refused = False
    received = 0

    def process(self) -> Any:
        """Hand the request on, without what only a server behind which this one stands may say."""
        self.requestHeaders.removeHeader(ROOT_PATH)
        return super().process()

    def gotLength(self, length: int | None) -> None:
        """The headers are complete; `length` is None for a chunked body."""
        super().gotLength(length)
        if length is not None and length > self.server.max_body:
            self._refuse()

    def handleContentChunk(self, data: bytes) -> None:
        """A piece of the body arrived."""
        self.received += len(data)
        if not self.refused and self.received > self.server.max_body:
            self._refuse()
        if self.refused:
            self._drop_piece()
        else:
            super().handleContentChunk(data)

    def requestReceived(self, *arguments: Any) -> None:
        """The request is complete; a refused one was answered already."""
        if self.refused:
            self.channel.loseConnection()
        else:
            # What a form says is for Django to find out; here it would be read a second time, and trusted.
            self._parsePOSTFormSubmission = False
            super().requestReceived(*arguments)

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Answer a request that cannot be handed to the application."""
        for message in problem(status, CODES.get(status, "error"), f"{body}.".replace("..", ".")).messages():
            self.handle_reply(message)

    def _refuse(self) -> None:
        """Answer now, then read on a little without keeping anything.

        Closing at once would reset the connection while the client still sends, and it would never see why.
        """
        self.refused = True
        self.content: Any = BytesIO()
        self.channel.transport.write(too_large(self.server.max_body).raw())
        reactor.callLater(LINGER_S, self._cut)

    def _drop_piece(self) -> None:
        if self.received > self.server.max_body + LINGER_BYTES:
            self._cut()

    def _cut(self) -> None:
        if self.channel is not None and self.channel.transport is not None:
            self.channel.forceAbortClient()


class ProblemChannel(http.HTTPChannel):
    """A connection that says what is wrong with what it cannot read as HTTP."""

    def lineLengthExceeded(self, line: bytes) -> None:
        """A line of the head is too long: the first is the request line."""
        first = self._receivedHeaderSize == 0
        self._refuse(_too_long(414, "request line") if first else _too_long(431, "head of the request"))

    def _respondToBadRequestAndDisconnect(self) -> None:
        if self._receivedHeaderSize > self.totalHeadersSize:
            self._refuse(_too_long(431, "head of the request"))
        else:
            self._refuse(problem(400, "malformed", "This is not a request in HTTP/1.1."))

    def _refuse(self, reply: Reply) -> None:
        """Answer and hang up, reading on for a moment: closing at once would take the answer back."""
        channel: Any = self
        channel.setTimeout(None)
        channel.dataReceived = channel.lineReceived = channel.rawDataReceived = _drop
        channel.transport.write(reply.raw())
        channel.transport.loseWriteConnection()
        reactor.callLater(LINGER_S, channel.transport.abortConnection)


class RequestFactory(HTTPFactory):  # type: ignore[misc]
    """Makes connections whose requests are limited."""

    def buildProtocol(self, addr: Any) -> Any:
        """A connection for one client."""
        protocol = super().buildProtocol(addr)
        channel: Any = ProblemChannel()  # type: ignore[no-untyped-call]
        channel.site, channel.factory, channel.timeOut = self, self, self.timeOut
        protocol._channel = channel
        protocol.requestFactory = LimitedRequest
        return protocol


def _drop(data: bytes) -> None:
    """Keep nothing of what a client that was refused still sends."""


def _too_long(status: int, what: str) -> Reply:
    return problem(status, "too_long", f"The {what} is too long.", next_action="Send a shorter one.")
