"""The counters of `throttle` in Redis, shared by every process, with each process's own memory to fall back on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import structlog
from redis import Redis
from redis.exceptions import RedisError

from missioncontrol.kernel.throttle import Counters, LocalCounters

_log = structlog.get_logger(__name__)

_REDIS_HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


class RedisCounters:
    """Counters shared by every process."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._hit = self._redis.register_script(_REDIS_HIT)

    def add(self, key: str, window_s: int) -> tuple[int, float]:
        """See Counters."""
        count, left_ms = cast("tuple[int, int]", self._hit(keys=[key], args=[window_s * 1000]))
        return count, left_ms / 1000

    def peek(self, key: str) -> tuple[int, float]:
        """See Counters."""
        pipeline = self._redis.pipeline()
        pipeline.get(key)
        pipeline.pttl(key)
        count, left_ms = pipeline.execute()
        return int(count or 0), max(0, left_ms) / 1000

    def clear(self, key: str) -> None:
        """See Counters."""
        self._redis.delete(key)


@dataclass
class SharedElseLocal:
    """Redis, and this process's memory for as long as Redis cannot be reached."""

    shared: Counters
    local: Counters = field(default_factory=LocalCounters)

    def add(self, key: str, window_s: int) -> tuple[int, float]:
        """See Counters."""
        try:
            return self.shared.add(key, window_s)
        except RedisError as error:
            _log.warning("throttle.redis_unreachable", error=str(error))
            return self.local.add(key, window_s)

    def peek(self, key: str) -> tuple[int, float]:
        """See Counters."""
        try:
            return self.shared.peek(key)
        except RedisError:
            return self.local.peek(key)

    def clear(self, key: str) -> None:
        """See Counters."""
        self.local.clear(key)
        try:
            self.shared.clear(key)
        except RedisError as error:
            _log.warning("throttle.redis_unreachable", error=str(error))
