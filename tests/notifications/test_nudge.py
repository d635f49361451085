"""Nudging the relay: soon, and once for many."""

from __future__ import annotations

import threading
import time
from typing import Any

from notifications.handlers import is_handled
from notifications.live import bus, redis_line
from notifications.live.nudge import EVERY_S, Nudger
from tasks.models import Event


def test_many_asks_in_a_moment_are_few_runs_and_the_last_ask_is_never_lost() -> None:
    runs: list[float] = []
    asked_last = threading.Event()
    seen_after_last = threading.Event()

    def act() -> None:
        runs.append(time.monotonic())
        if asked_last.is_set():
            seen_after_last.set()

    nudger = Nudger(act)
    begun = time.monotonic()
    for _ in range(500):
        nudger.ask()
    asked_last.set()
    nudger.ask()
    assert seen_after_last.wait(5)
    spent = time.monotonic() - begun
    assert len(runs) <= 2 + spent / EVERY_S


def test_a_hint_is_lost_quietly_while_redis_is_away(settings: Any) -> None:
    settings.MC_REDIS_URL = "redis://127.0.0.1:1/0"
    redis_line._client.cache_clear()
    told: list[bus.Note] = []
    bus.listen(told.append)
    bus.publish({"users": [1]})
    redis_line._client.cache_clear()
    assert told == [{"users": [1]}]


def test_only_events_that_somebody_reacts_to_wake_the_relay() -> None:
    assert is_handled(Event(type="task.assigned"))
    assert not is_handled(Event(type="task.moved"))
