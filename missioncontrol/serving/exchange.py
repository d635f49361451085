"""One HTTP exchange as a pool thread sees it: pieces of the answer go out, news of a client that left comes in."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable


class Exchange:
    """The two ends of one request. Made on the event loop that serves it; `gone` may be read from any thread."""

    def __init__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        self.gone = threading.Event()
        self.send = send
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._watcher: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Start listening for the client's departure. Loop only, after the body was read."""
        if self._watcher is None:
            self._watcher = self._loop.create_task(self._listen())

    def watch_from_thread(self) -> None:
        """The same, asked for by a pool thread that has begun to stream."""
        self._loop.call_soon_threadsafe(self.watch)

    def deliver(self, message: Any) -> None:
        """Send one message from a pool thread and wait until the server has taken it."""
        asyncio.run_coroutine_threadsafe(self._send(message), self._loop).result()

    def end(self) -> None:
        """Stop listening. Loop only. Raises ValueError when the server sent what it never should."""
        self.gone.set()
        if self._watcher is None:
            return
        if self._watcher.done() and not self._watcher.cancelled():
            self._watcher.result()
        self._watcher.cancel()

    async def _send(self, message: Any) -> None:
        await self.send(message)

    async def _listen(self) -> None:
        message = await self._receive()
        self.gone.set()
        if message["type"] != "http.disconnect":
            raise ValueError(f"unexpected message after the request's body: {message['type']}")
