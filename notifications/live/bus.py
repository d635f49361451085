"""Hints between processes: something happened, look. All of them may be lost; none holds anything secret.

The process itself is told at once. With Redis every other one is told too, over one channel that the hub of each
serving process listens on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import orjson
import redis
from django.conf import settings

logger = logging.getLogger("missioncontrol.live")

Note = Mapping[str, Any]
_local: list[Callable[[Note], None]] = []


def listen(receiver: Callable[[Note], None]) -> None:
    """Call `receiver(note)` for every note of this process, from whichever thread publishes it."""
    _local.append(receiver)


def publish(note: Note) -> None:
    """Tell this process, and over Redis every other. Never raises for a Redis that is away: notes may be lost."""
    for receiver in _local:
        receiver(note)
    if not settings.MC_REDIS_URL:
        return
    try:
        _client().publish(channel(), orjson.dumps(note))
    except redis.RedisError as error:
        logger.warning("live hint lost: %s", type(error).__name__)


def channel() -> str:
    """The channel's name. Redis shares channels between its databases, so the database is part of it."""
    return f"mc:live:{urlsplit(settings.MC_REDIS_URL).path.strip('/') or '0'}"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.MC_REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
