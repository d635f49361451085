"""A channel layer inside the process that may be spoken to from any thread.

Its queues belong to one event loop, the one whose consumers receive. A message sent from elsewhere is handed to
that loop, which is thereby woken; the stock layer would put it in the queue and leave the loop asleep.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer

logger = logging.getLogger("missioncontrol.layer")


class LoopChannelLayer(InMemoryChannelLayer):
    """The in-memory layer, bound to the loop that last received from it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._home: asyncio.AbstractEventLoop | None = None

    async def receive(self, channel: str) -> Any:
        """The next message for `channel`; makes the calling loop the layer's home."""
        self._settle()
        return await super().receive(channel)

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel of the calling loop to a group."""
        self._settle()
        await super().group_add(group, channel)

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send to one channel. From another loop this returns at once, and a full channel is only logged."""
        await self._at_home(super().send, channel, message)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to every channel of a group, from any loop."""
        await self._at_home(super().group_send, group, message)

    def _settle(self) -> None:
        here = asyncio.get_running_loop()
        if self._home is not None and self._home is not here:
            # Queues of a loop that is gone can wake nobody.
            self.channels, self.groups = {}, {}
        self._home = here

    async def _at_home(
        self, call: Callable[[str, dict[str, Any]], Awaitable[None]], name: str, message: dict[str, Any]
    ) -> None:
        home = self._home
        if home is None or home is asyncio.get_running_loop():
            await call(name, message)
        elif not home.is_closed():
            home.call_soon_threadsafe(lambda: home.create_task(_deliver(call, name, message)))


async def _deliver(
    call: Callable[[str, dict[str, Any]], Awaitable[None]], name: str, message: dict[str, Any]
) -> None:
    try:
        await call(name, message)
    except ChannelFull:
        logger.warning("channel %s is full, message dropped", name)
