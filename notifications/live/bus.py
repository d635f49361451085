"""Hints inside the process and between processes: something happened, look. All of them may be lost; none holds
anything secret.

The process itself is told at once. With Redis every other one is told too (`redis_line`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

Note = Mapping[str, Any]
_local: list[Callable[[Note], None]] = []


def listen(receiver: Callable[[Note], None]) -> None:
    """Call `receiver(note)` for every note of this process, from whichever thread publishes it."""
    _local.append(receiver)


def publish(note: Note) -> None:
    """Tell this process, and over Redis every other. Never raises for a Redis that is away: notes may be lost."""
    for receiver in _local:
        receiver(note)
    if settings.MC_REDIS_URL:
        # Imported only where Redis is used: the library takes a noticeable part of an embedded start.
        from notifications.live import redis_line

        redis_line.publish(note)
