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
from typing import Protocol

from django.conf import settings

LOGIN_LIMIT = 10
LOGIN_WINDOW_S = 15 * 60


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
    if not settings.MC_REDIS_URL:
        return LocalCounters()
    # Imported only where Redis is used: the library takes a noticeable part of an embedded start.
    from missioncontrol.kernel.redis_counters import RedisCounters, SharedElseLocal

    return SharedElseLocal(RedisCounters(settings.MC_REDIS_URL))
