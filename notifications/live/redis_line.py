"""The line between processes: hints over one Redis channel, which the hub of each serving process listens on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import orjson
import redis
import redis.asyncio as redis_asyncio
from django.conf import settings

logger = logging.getLogger("missioncontrol.live")

RECONNECT_S = 1.0


def publish(note: Mapping[str, Any]) -> None:
    """Tell every other process; lost, with a warning, while Redis is away."""
    try:
        _client().publish(channel(), orjson.dumps(note))
    except redis.RedisError as error:
        logger.warning("live hint lost: %s", type(error).__name__)


async def listen(connected: Callable[[], Awaitable[None]], hear: Callable[[bytes], None]) -> None:
    """Call `hear` with what any process says, for ever; `connected` first after every (re)connection.

    What was said meanwhile is lost, so `connected` is the place to look for it.
    """
    while True:
        try:
            await _listen_once(connected, hear)
        except (redis.RedisError, OSError) as error:
            logger.warning("live hub lost Redis: %s", type(error).__name__)
        await asyncio.sleep(RECONNECT_S)


async def _listen_once(connected: Callable[[], Awaitable[None]], hear: Callable[[bytes], None]) -> None:
    client = redis_asyncio.Redis.from_url(
        settings.MC_REDIS_URL, socket_connect_timeout=5, socket_timeout=None
    )
    async with client, client.pubsub(ignore_subscribe_messages=True) as subscription:
        await subscription.subscribe(channel())
        await connected()
        async for message in subscription.listen():
            hear(message["data"])


def channel() -> str:
    """The channel's name. Redis shares channels between its databases, so the database is part of it."""
    return f"mc:live:{urlsplit(settings.MC_REDIS_URL).path.strip('/') or '0'}"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.MC_REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
