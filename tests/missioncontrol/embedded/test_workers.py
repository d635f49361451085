"""Jobs inside the process: soon, once each, and finished when it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

from missioncontrol.celery import app as served
from missioncontrol.embedded.workers import EmbeddedWorkers

ran: list[tuple[int, float]] = []
lock = threading.Lock()
begun = threading.Event()


@pytest.fixture(scope="module")
def app() -> Iterator[Any]:
    # The worker's threads look jobs up in the process's default application, as they do in the server.
    made: Any = Celery("embedded-test", set_as_current=False)
    made.conf.update(
        broker_url="memory://localhost/",
        broker_transport="missioncontrol.embedded.broker:Transport",
        worker_consumer="missioncontrol.embedded.broker:Consumer",
        task_default_queue="test",
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        task_ignore_result=True,
    )

    @made.task(name="note")
    def note(number: int, pause_s: float = 0.0) -> None:
        begun.set()
        time.sleep(pause_s)
        with lock:
            ran.append((number, time.monotonic()))

    made.note = note
    made.set_default()
    yield made
    served.set_default()
    made.close()


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()
    begun.clear()


def until(count: int, within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while len(ran) < count and time.monotonic() < deadline:
        time.sleep(0.002)


@pytest.mark.django_db(transaction=True)
def test_jobs_run_once_each_and_soon(app: Any) -> None:
    workers = EmbeddedWorkers(app, threads=2)
    workers.start()
    try:
        time.sleep(0.3)
        sent = time.monotonic()
        app.note.delay(0)
        until(1)
        assert ran[0][1] - sent < 0.5
        for number in range(1, 200):
            app.note.delay(number)
        until(200)
        time.sleep(0.1)
        assert sorted(number for number, _ in ran) == list(range(200))
    finally:
        assert workers.stop()


@pytest.mark.django_db(transaction=True)
def test_stopping_lets_the_running_job_finish(app: Any) -> None:
    workers = EmbeddedWorkers(app, threads=1)
    workers.start()
    app.note.delay(1, 0.5)
    assert begun.wait(10)
    assert workers.alive()
    stopped = time.monotonic()
    assert workers.stop()
    assert time.monotonic() - stopped < 1.5
    assert [number for number, _ in ran] == [1]
    assert not workers.alive()
