"""The real server on a free port, with the jobs that belong to it, on the database of the tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.support.flushing import empty_the_tables

START_WITHIN_S = 40.0
STOP_WITHIN_S = 10.0
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
CELERY = [sys.executable, "-m", "celery", "-A", "missioncontrol", "worker", "-B", "-P", "threads", "-c", "2"]


@dataclass(frozen=True)
class LiveServer:
    """A running server; `url` has no trailing slash, `log` is the file that holds what it printed."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    workers: tuple[subprocess.Popen[bytes], ...] = ()

    def kill(self) -> None:
        """End every process at once, as a power cut would."""
        for process in (self.process, *self.workers):
            end(process)

    @property
    def ws_url(self) -> str:
        """The same address for sockets."""
        return self.url.replace("http", "ws", 1)

    def check(self) -> None:
        """Fail with the server's own words when it has ended."""
        assert self.process.poll() is None, f"the server ended:\n{self.log.read_text()[-4000:]}"


@contextmanager
def serving(*, workers: int = 1, **environment: str) -> Iterator[LiveServer]:
    """Start a server, and workers, each with a beat, where jobs run outside it; stop all of them at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {**os.environ, **_variables(port, url), **environment}
    if not settings.MC_EMBEDDED:  # which serves collected files alone
        call_command("collectstatic", interactive=False, verbosity=0)
    with ExitStack() as stack:
        log = Path(settings.DATA_DIR) / f"server-{port}.log"
        command = [*MANAGE, "up", "--no-setup"] if settings.MC_EMBEDDED else [*MANAGE, "serve"]
        process = stack.enter_context(running(command, variables, log))
        beside = () if settings.MC_EMBEDDED else range(workers)
        logs = [log.with_name(f"worker-{port}-{number}.log") for number in beside]
        hands = [stack.enter_context(running(worker_command(log), variables, log)) for log in logs]
        server = LiveServer(url, process, log, tuple(hands))
        wait_until_up(server)
        yield server


@contextmanager
def serving_tests(blocker: Any) -> Iterator[LiveServer]:
    """The same for several tests. Its jobs write to the test's database: what they wrote last is gone afterwards."""
    with serving() as server:
        yield server
    with blocker.unblock():
        empty_the_tables()


def worker_command(log: Path) -> list[str]:
    """A worker with a beat of its own, named after its log."""
    return [*CELERY, "-n", f"{log.stem}@%h"]


def _variables(port: int, url: str) -> dict[str, str]:
    found = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "MC_PORT": str(port),
        "MC_BIND": "127.0.0.1",
        "MC_SITE_URL": url,
        "MC_DATA_DIR": str(settings.DATA_DIR),
        "MC_TEST_DATA_DIR": str(settings.DATA_DIR),
        "MC_SECRET_KEY": settings.SECRET_KEY,
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    if settings.MC_DATABASE_URL:
        # The test's database, not the one that the tests were pointed at.
        base = settings.MC_DATABASE_URL.rpartition("/")[0]
        found["MC_DATABASE_URL"] = f"{base}/{connection.settings_dict['NAME']}"
    return found


@contextmanager
def running(command: list[str], variables: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` with its output in `log`, and stop it the ordinary way at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_WITHIN_S)
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children at once; a worker's beat outlives the worker otherwise."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_until_up(server: LiveServer) -> None:
    """Return once `/health` answers. Fails when the server ends or takes too long."""
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        server.check()
        try:
            with urllib.request.urlopen(f"{server.url}/health", timeout=2) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise AssertionError(f"the server did not come up:\n{server.log.read_text()[-4000:]}")


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
