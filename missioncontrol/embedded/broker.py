"""A broker inside the process whose consumer is woken by a message instead of looking for one.

The in-memory transport that Celery's messaging library brings polls once a second and acknowledges only when its
loop comes round, which together delays a job by up to two seconds. Both now ring the same bell.
"""

from __future__ import annotations

import threading
from queue import Empty
from typing import Any

from celery.worker.consumer import Consumer as BaseConsumer
from kombu.transport import memory


class Bell:
    """Wakes whoever waits. A ring between reading `count` and calling `wait` is not lost."""

    def __init__(self) -> None:
        self.count = 0
        self.closing = False
        self._condition = threading.Condition()

    def ring(self) -> None:
        """Wake everybody."""
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def close(self) -> None:
        """From now on nobody waits and nothing is delivered: the worker is to look up and see that it must end."""
        self.closing = True
        self.ring()

    def open(self) -> None:
        """Undo `close()`."""
        self.closing = False

    def wait(self, seen: int, timeout_s: float | None) -> None:
        """Wait until the bell has rung since `count` was `seen`, or the time is over."""
        with self._condition:
            self._condition.wait_for(lambda: self.closing or self.count != seen, timeout_s)


bell = Bell()


class Channel(memory.Channel):
    """Rings when a message is put in any queue."""

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        bell.ring()

    def _put_fanout(self, exchange: str, message: Any, routing_key: str | None = None, **kwargs: Any) -> None:
        super()._put_fanout(exchange, message, routing_key, **kwargs)
        bell.ring()


class Transport(memory.Transport):
    """Waits for the bell where the stock transport sleeps."""

    Channel = Channel
    heard = 0

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        """Deliver one message. Raises TimeoutError when there was none, also when only rung for other work."""
        cycle: Any = self.cycle
        if bell.closing:
            raise TimeoutError
        try:
            cycle.get(self._deliver, timeout=timeout)
        except Empty:
            # What rang since the last wait, between two calls too, may be work for the consumer's loop.
            bell.wait(self.heard, timeout)
            self.heard = bell.count
            raise TimeoutError from None


class Consumer(BaseConsumer):
    """Rings when a job is acknowledged, which makes room for the next, and when the loop has work."""

    def call_soon(self, p: Any, *args: Any, **kwargs: Any) -> Any:
        """Have the loop call `p` in its next round, which begins now."""
        result = super().call_soon(p, *args, **kwargs)
        bell.ring()
        return result

    def call_soon_ack(self, p: Any, *args: Any, **kwargs: Any) -> Any:
        """Acknowledge here and now, then wake the loop to fetch the next message."""
        result = super().call_soon_ack(p, *args, **kwargs)  # type: ignore[misc] # newer than its stubs
        bell.ring()
        return result
