"""Jobs inside the server's process: a Celery worker and the schedule, each on a thread."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from celery import Celery
from celery.beat import Scheduler
from celery.worker import state

from missioncontrol.embedded.broker import bell
from missioncontrol.kernel.jobs import nudge_overdue, release_all_jobs

logger = logging.getLogger("missioncontrol.jobs")
LONGEST_SLEEP_S = 5.0


class EmbeddedWorkers:
    """The worker and the schedule. Make it before any event loop runs in the calling thread."""

    def __init__(self, app: Celery, *, threads: int = 2) -> None:
        self._worker: Any = app.WorkController(
            pool_cls="threads",
            concurrency=threads,
            without_mingle=True,
            without_gossip=True,
            without_heartbeat=True,
            loglevel=None,
        )
        self._scheduler = Scheduler(app=app)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._worker.start, name="jobs", daemon=True),
            threading.Thread(target=self._schedule, name="schedule", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads, and catch up with what became due while nothing ran."""
        state.should_stop = None
        bell.open()
        release_all_jobs()
        for thread in self._threads:
            thread.start()
        nudge_overdue()

    def alive(self) -> bool:
        """Whether both threads still run."""
        return all(thread.is_alive() for thread in self._threads)

    def stop(self, timeout_s: float = 3.0) -> bool:
        """Start nothing more and let running jobs finish. False when one still ran at the end of the time."""
        self._stop.set()
        state.should_stop = 0  # type: ignore[assignment]
        bell.close()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def _schedule(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            pause = min(self._scheduler.tick(), LONGEST_SLEEP_S)
