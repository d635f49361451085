"""What every socket shares: accept, admit, listen, and close with a code that says why.

These are plain ASGI applications: a push goes from the hub's loop to the socket without a thread or a channel layer
between. A socket is accepted before it is judged, because a browser is not told why a handshake failed.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar
from urllib.parse import parse_qs

import orjson
from django.db import Error

from notifications.live.feed import Feed
from notifications.live.frames import Batch
from notifications.live.hub import BROKEN, hub
from notifications.live.outlet import Outlet
from notifications.live.passes import Closed, Pass

logger = logging.getLogger("missioncontrol.live")

TRY_AGAIN = 1013
CLOSE_WITHIN_S = 5.0
BAD_REQUEST = 4400
MAX_NUMBER = 2**53

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Socket(ABC):
    """One connection. Subclasses admit the caller, serve it, and hear what it says."""

    wants_cards: ClassVar[bool] = False
    given: Pass

    def __init__(self, scope: Any, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.outlet = Outlet(send)
        self._receive = receive
        self._send = send

    @classmethod
    def as_asgi(cls) -> Any:
        """The application for the routing."""

        async def application(scope: Any, receive: Receive, send: Send) -> None:
            await cls(scope, receive, send).run()

        return application

    @abstractmethod
    async def admit(self) -> Pass:
        """The caller's pass. Raises Closed."""

    @abstractmethod
    async def serve(self, feed: Feed) -> None:
        """Greet the caller, bring it up to date, and join the feed. Raises Closed."""

    @abstractmethod
    def take(self, batch: Batch) -> None:
        """Pass on events."""

    @abstractmethod
    def notify(self) -> None:
        """Take notice that there may be new notifications for an agent of the project."""

    async def hear(self, message: dict[str, Any]) -> None:
        """Take what the client says; by default acknowledgements, and nothing else."""
        seq = message.get("seq")
        if message.get("type") == "ack" and isinstance(seq, int):
            self.outlet.ack(seq)

    def say(self, text: str) -> None:
        """Pass on a frame that has no number."""
        self.outlet.offer(text)

    def close(self, code: int) -> None:
        """Send nothing more, and close with `code`."""
        self.outlet.close(code)

    async def run(self) -> None:
        """From the handshake to the end."""
        hub.start()
        if (await self._receive())["type"] != "websocket.connect":
            return
        await self._send({"type": "websocket.accept"})
        ends = [asyncio.ensure_future(self.outlet.write()), asyncio.ensure_future(self._read())]
        service = asyncio.ensure_future(self._serve())
        service.add_done_callback(self._failed)
        ends[1].add_done_callback(self._failed)
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self.outlet.close_code is not None:
                await asyncio.wait(ends[:1], timeout=CLOSE_WITHIN_S)
        finally:
            hub.leave(self)
            for task in (*ends, service):
                task.cancel()

    async def _serve(self) -> None:
        try:
            self.given = await self.admit()
            await self.serve(await hub.enter(self))
        except Closed as refused:
            self.close(refused.code)
        except Error as error:
            logger.warning("a socket waits for the database: %s", type(error).__name__)
            self.close(TRY_AGAIN)

    def _failed(self, task: asyncio.Future[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a socket failed", exc_info=error)
            self.close(BROKEN)

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            heard = _parsed(message.get("text"))
            if heard is None:
                self.close(BAD_REQUEST)
            else:
                await self.hear(heard)

    def parameter(self, name: str) -> str:
        """A parameter of the query string, "" where there is none."""
        query: str = self.scope.get("query_string", b"").decode("latin1")
        return parse_qs(query).get(name, [""])[0]

    def number(self, name: str) -> int | None:
        """A whole number from the query string, or None where there is none. Raises Closed (4400)."""
        text = self.parameter(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= MAX_NUMBER):
            raise Closed(BAD_REQUEST)
        return int(text)

    def header(self, name: bytes) -> str:
        """A header of the handshake, "" where there is none."""
        headers: Iterable[tuple[bytes, bytes]] = self.scope["headers"]
        values = [value.decode("latin1") for key, value in headers if key == name]
        return values[0] if values else ""


def _parsed(text: Any) -> dict[str, Any] | None:
    if not isinstance(text, str):
        return None
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return message if isinstance(message, dict) else None
