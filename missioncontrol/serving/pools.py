"""Kept threads that requests run on, each with a database connection of its own that outlives the request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

P = ParamSpec("P")
T = TypeVar("T")
CONNECTION_AGE_S = 600.0


class _Keeping(threading.local):
    on = False


_keeping = _Keeping()


def _keep_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Let a connection opened on a keeping thread live on after the request that opened it.

    Django closes connections after every request where a psycopg pool is set. A thread that serves one short
    request after another gains nothing from handing its connection back each time.
    """
    if _keeping.on:
        connection.close_at = time.monotonic() + CONNECTION_AGE_S


connection_created.connect(_keep_connection, dispatch_uid="missioncontrol.serving.keep_connection")


class WorkerPool:
    """A fixed number of named threads. With `keep`, each keeps its database connection between requests."""

    def __init__(self, name: str, threads: int, *, keep: bool) -> None:
        self.threads = threads
        self._busy = 0
        self._lock = threading.Lock()
        self._executor = ThreadPoolExecutor(threads, name, initializer=_start_thread, initargs=(keep,))

    @property
    def busy(self) -> int:
        """How many calls are running or waiting for a thread."""
        return self._busy

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `function` on one of the threads. Raises RuntimeError once the pool is closed."""
        with self._lock:
            self._busy += 1
        future = self._executor.submit(function, *args, **kwargs)
        future.add_done_callback(self._done)
        return future

    def close(self, timeout_s: float = 3.0) -> bool:
        """Take no more calls, drop those not begun, and wait for the others. False when some still run."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + timeout_s
        while self._busy and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self._busy

    def _done(self, _: Future[Any]) -> None:
        with self._lock:
            self._busy -= 1


def _start_thread(keep: bool) -> None:
    _keeping.on = keep
    connections.close_all()
