"""One socket's way out: a bounded queue, a writer of its own, and a budget of what the client has not acknowledged.

Nobody else waits for a client that does not read: it is cut off with 4008 and resumes by number.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from notifications.live import metrics

BUDGET_MESSAGES = 256
BUDGET_BYTES = 2**20
TOO_SLOW = 4008
REASONS = {
    4400: "bad request",
    4401: "sign in again",
    4403: "not allowed",
    4404: "no such project",
    TOO_SLOW: "too slow, resume by number",
}

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Outlet:
    """Frames on their way to one client. Belongs to one event loop; nothing here blocks but `write` and `room`."""

    def __init__(self, send: Send) -> None:
        self.close_code: int | None = None
        self._send = send
        self._queue: deque[str] = deque()
        self._unacked: deque[tuple[int, int]] = deque()
        self._unacked_bytes = 0
        self._stirred = asyncio.Event()
        self._acked = asyncio.Event()

    def offer(self, text: str, seq: int | None = None) -> None:
        """Queue a frame; one with a number counts until the client acknowledges that number or a later one."""
        if self.close_code is not None:
            return
        if seq is not None:
            self._unacked.append((seq, len(text)))
            self._unacked_bytes += len(text)
        self._queue.append(text)
        if self._is_over_budget():
            self.close(TOO_SLOW)
        self._stirred.set()

    def ack(self, seq: int) -> None:
        """The client has everything up to `seq`."""
        while self._unacked and self._unacked[0][0] <= seq:
            self._unacked_bytes -= self._unacked.popleft()[1]
        self._acked.set()

    def close(self, code: int) -> None:
        """Send nothing more and close with `code`; the first code counts."""
        if self.close_code is None:
            self.close_code = code
            metrics.CUT_OFF.inc(code == TOO_SLOW)
            self._queue.clear()
            self._stirred.set()

    async def room(self, timeout_s: float) -> None:
        """Return once half of the budget is free; a client that does not get there in time is too slow."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.close_code is None and not self._has_room():
                    self._acked.clear()
                    await self._acked.wait()
        except TimeoutError:
            self.close(TOO_SLOW)

    async def write(self) -> None:
        """Send what is queued until the socket is to close, then close it."""
        while True:
            while self._queue:
                await self._send({"type": "websocket.send", "text": self._queue.popleft()})
                metrics.MESSAGES.inc()
            if self.close_code is not None:
                reason = REASONS.get(self.close_code, "")
                await self._send({"type": "websocket.close", "code": self.close_code, "reason": reason})
                return
            self._stirred.clear()
            await self._stirred.wait()

    def _has_room(self) -> bool:
        return len(self._unacked) * 2 <= BUDGET_MESSAGES and self._unacked_bytes * 2 <= BUDGET_BYTES

    def _is_over_budget(self) -> bool:
        return (
            len(self._unacked) > BUDGET_MESSAGES
            or (self._unacked_bytes > BUDGET_BYTES and len(self._unacked) > 1)
            or len(self._queue) > 2 * BUDGET_MESSAGES
        )
