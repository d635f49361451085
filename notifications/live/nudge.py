"""After every commit that wrote events: hint the sockets now, and the relay soon.

Sockets are hinted in the writer's thread, which costs them nothing they could wait for. The relay is nudged from a
thread of this process, at most every `EVERY_S`, so that a busy writer sends one job for many commits.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from uuid import UUID

from notifications.live import bus
from notifications.queries.recipients import Audience
from tasks.models import Event

EVERY_S = 0.1
AGAIN_S = 1.0


class Nudger:
    """Runs `action` on a thread of its own soon after it was asked to, once for all who asked meanwhile."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0
        self._until = 0.0

    def ask(self, *, until: float = 0.0) -> None:
        """Have the action run soon, and every second until the clock `time.monotonic` shows `until`; never waits."""
        self._until = max(self._until, until)
        if self._pid != os.getpid():
            self._start()
        self._asked.set()

    def _start(self) -> None:
        """Start the thread, in each process that was forked too."""
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._asked = threading.Event()
            threading.Thread(target=self._run, args=(self._asked,), name="nudge", daemon=True).start()

    def _run(self, asked: threading.Event) -> None:
        while True:
            asked.wait(AGAIN_S if time.monotonic() < self._until else None)
            asked.clear()
            self._action()
            time.sleep(EVERY_S)


def hint_events(project_id: UUID, _events: list[Event]) -> None:
    """There are new events in the project."""
    bus.publish({"project": str(project_id)})


def hint_told(told: Audience) -> None:
    """These people and agents have new notifications."""
    if told:
        agents = [str(agent) for agent in told.agents]
        bus.publish({"users": sorted(told.users), "agents": agents})


def hint_read(user_id: int) -> None:
    """The person read something."""
    bus.publish({"users": [user_id]})


def hint_signed_out(session_key: str) -> None:
    """The session has ended."""
    bus.publish({"session": session_key})
