"""Counting how often somebody does a thing: in this process when embedded, in Redis when there are several.

A window opens with the first hit and lasts `window_s` seconds. Counting is atomic in both. When Redis cannot
be reached each process counts for itself: a limit that is a little generous beats a service that is down.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, cast

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

LOGIN_LIMIT = 10
LOGIN_WINDOW_S = 15 * 60

_log = structlog.get_logger(__name__)

_REDIS_HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


class Counters(Protocol):
    """Somewhere to count; times in seconds."""

    def add(self, key: str, window_s: int) -> tuple[int, float]:
        """Counts one; answers the count and the seconds left of its window."""

    def peek(self, key: str) -> tuple[int, float]:
        """The count and the seconds left of its window, without counting."""

    def clear(self, key: str) -> None:
        """Forgets the count."""


@dataclass
class LocalCounters:
    """Counters in this process's memory."""

    _rows: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _next_sweep: float = 0.0

    def add(self, key: str, window_s: int) -> tuple[int, float]:
        """See Counters."""
        now = time.monotonic()
        with self._lock:
            self._sweep(now)
            count, ends = self._live(key, now) or (0, now + window_s)
            self._rows[key] = (count + 1, ends)
            return count + 1, ends - now

    def peek(self, key: str) -> tuple[int, float]:
        """See Counters."""
        now = time.monotonic()
        with self._lock:
            count, ends = self._live(key, now) or (0, now)
            return count, ends - now

    def clear(self, key: str) -> None:
        """See Counters."""
        with self._lock:
            self._rows.pop(key, None)

    def _live(self, key: str, now: float) -> tuple[int, float] | None:
        row = self._rows.get(key)
        return row if row is not None and row[1] > now else None

    def _sweep(self, now: float) -> None:
        if now < self._next_sweep:
            return
        self._next_sweep = now + 60
        self._rows = {key: row for key, row in self._rows.items() if row[1] > now}


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


def hit(scope: str, subject: str, *, limit: int, window_s: int) -> int | None:
    """Counts one act of `subject`; None while it is within `limit` a window, else the seconds to wait (at
    least 1).
    """
    count, left = _counters().add(_key(scope, subject), window_s)
    return None if count <= limit else max(1, int(left) + 1)


def login_wait(*, ip: str, username: str) -> int | None:
    """Seconds until this address may try this name again, or None when it may now. Ask before checking a
    password.
    """
    count, left = _counters().peek(_login_key(ip, username))
    return None if count < LOGIN_LIMIT else max(1, int(left) + 1)


def login_failed(*, ip: str, username: str) -> None:
    """Counts a wrong password: ten within a quarter of an hour and `login_wait` says wait."""
    _counters().add(_login_key(ip, username), LOGIN_WINDOW_S)


def login_succeeded(*, ip: str, username: str) -> None:
    """Forgets the failures."""
    _counters().clear(_login_key(ip, username))


def reset() -> None:
    """Forgets what this process counted; for tests and after the settings changed."""
    _counters.cache_clear()


def _login_key(ip: str, username: str) -> str:
    return _key("login", f"{ip}|{username.casefold()}")


def _key(scope: str, subject: str) -> str:
    # Hashed: a subject may be long, or hold what somebody typed by mistake (a password in the name field).
    return f"mc:throttle:{scope}:{hashlib.sha256(subject.encode('utf-8', 'replace')).hexdigest()[:32]}"


@cache
def _counters() -> Counters:
    url: str = settings.MC_REDIS_URL
    return SharedElseLocal(RedisCounters(url)) if url else LocalCounters()
