"""Starting and stopping, as a person does it: the real commands in real processes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import websockets
from django.conf import settings

from missioncontrol.serving.server import GOING_AWAY
from tests.support.server import LiveServer, free_port, running, wait_until_up

pytestmark = pytest.mark.own
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
STOP_WITHIN_S = 5.0
PREPARE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "missioncontrol.settings"
import django
django.setup()
from missioncontrol.embedded.first_run import prepare
prepare()
"""
LOADED = """
import sys
import django
django.setup()
import missioncontrol.asgi
import missioncontrol.embedded.up
from django.urls import get_resolver
get_resolver().url_patterns
print(*sys.modules)
"""
SHARED = "MC_DATABASE_URL", "MC_REDIS_URL", "MC_TEST_DATA_DIR", "DJANGO_SETTINGS_MODULE", "MC_SECRET_KEY"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An installation of its own: embedded, in an empty folder, on a free port."""
    kept = {name: value for name, value in os.environ.items() if name not in SHARED}
    return {**kept, "MC_DATA_DIR": str(tmp_path / "data"), "MC_PORT": str(free_port())}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation that was started before."""
    folder = tmp_path_factory.mktemp("installed") / "data"
    kept = {name: value for name, value in os.environ.items() if name not in SHARED}
    command = [sys.executable, "-c", PREPARE]
    subprocess.run(command, env={**kept, "MC_DATA_DIR": str(folder)}, cwd=settings.BASE_DIR, check=True)
    return folder


@pytest.fixture
def second(environment: dict[str, str], installed: Path) -> dict[str, str]:
    """The same, started before."""
    shutil.copytree(installed, environment["MC_DATA_DIR"])
    return environment


@contextmanager
def up(environment: dict[str, str], log: Path, *arguments: str) -> Iterator[LiveServer]:
    command = [*MANAGE, *(arguments or ("up",))]
    with running(command, environment, log) as process:
        server = LiveServer(f"http://127.0.0.1:{environment['MC_PORT']}", process, log)
        wait_until_up(server)
        yield server


def stop(server: LiveServer, how: signal.Signals) -> float:
    begun = time.monotonic()
    server.process.send_signal(how)
    server.process.wait(20)
    return time.monotonic() - begun


def handshake(server: LiveServer) -> socket.socket:
    """A connection that stays open and idle, as a browser keeps it."""
    parts = urlsplit(server.url)
    line = socket.create_connection((parts.hostname, parts.port), timeout=10)
    line.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert line.recv(4096).startswith(b"HTTP/1.1 200")
    return line


def test_the_first_start_makes_a_way_in_and_later_ones_do_not(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with up(environment, tmp_path / "first.log") as server:
        stop(server, signal.SIGINT)
    first = (tmp_path / "first.log").read_text()
    link = re.search(r"works once: (http://\S+/sign-in/\S{20,})", first)
    assert link, first
    assert server.process.returncode == 0

    with up(environment, tmp_path / "second.log") as server:
        with urllib.request.urlopen(link[1]) as page:
            assert page.status == 200
        stop(server, signal.SIGINT)
    assert "works once" not in (tmp_path / "second.log").read_text()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_within_five_seconds_with_clients_connected(
    second: dict[str, str], tmp_path: Path, how: signal.Signals
) -> None:
    with up(second, tmp_path / "log") as server, handshake(server):
        assert stop(server, how) < STOP_WITHIN_S
        assert server.process.returncode == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_being_asked_to_stop_many_times_is_no_error(second: dict[str, str], tmp_path: Path) -> None:
    with up(second, tmp_path / "log") as server:
        for _ in range(5):
            server.process.send_signal(signal.SIGINT)
            server.process.send_signal(signal.SIGTERM)
        assert stop(server, signal.SIGTERM) < STOP_WITHIN_S
        assert server.process.returncode == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_stopping_ends_waiting_claims_and_tells_the_sockets(
    second: dict[str, str], tmp_path: Path
) -> None:
    manage(second, "createproject", "quiet")
    made = manage(second, "createagent", "waiter", "--project", "quiet")
    credential = {"Authorization": f"Bearer {made['key']}"}
    with up(second, tmp_path / "log") as server:
        claim = urllib.request.Request(
            f"{server.url}/api/v1/agent/claim",
            data=b'{"wait_s": 50}',
            headers={**credential, "Content-Type": "application/json"},
        )
        waiting = asyncio.create_task(asyncio.to_thread(urllib.request.urlopen, claim, timeout=60))
        url = f"{server.url.replace('http', 'ws')}/ws/agent"
        async with websockets.connect(url, additional_headers=credential) as line:
            await line.recv()
            assert not waiting.done()
            assert await asyncio.to_thread(stop, server, signal.SIGTERM) < STOP_WITHIN_S
            assert await close_code(line) == GOING_AWAY
        with await waiting as answer:
            assert answer.status == 204
        assert server.process.returncode == 0


async def close_code(line: websockets.ClientConnection) -> int | None:
    """Read what still comes; the code that the server closes with."""
    try:
        while True:
            await line.recv()
    except websockets.ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def manage(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    command = [*MANAGE, *arguments, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_an_embedded_start_loads_nothing_of_redis_and_no_client(environment: dict[str, str]) -> None:
    told = {**environment, "DJANGO_SETTINGS_MODULE": "missioncontrol.settings"}
    command = [sys.executable, "-c", LOADED]
    done = subprocess.run(
        command, env=told, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "missioncontrol.embedded.up" in loaded
    assert not loaded & {"redis", "channels_redis", "psycopg_pool", "clients"}


def test_an_address_in_use_is_one_clear_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environment["MC_PORT"]))):
        done = subprocess.run([*MANAGE, "up"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    port = environment["MC_PORT"]
    assert done.stderr.splitlines() == [
        f"CommandError: 127.0.0.1:{port} is in use. Stop what runs there, or choose another port with MC_PORT."
    ]


def start_refused(environment: dict[str, str]) -> list[str]:
    """The lines that a start which cannot succeed prints; one that failed with a traceback has many."""
    done = subprocess.run([*MANAGE, "up"], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_a_folder_that_cannot_be_written_is_one_clear_line(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    assert start_refused({**environment, "MC_DATA_DIR": str(folder)}) == [
        f"Configuration: The data folder {folder} cannot be written. Permit it, or set MC_DATA_DIR."
    ]


def test_a_database_that_cannot_be_opened_is_told_in_two_lines(environment: dict[str, str]) -> None:
    Path(environment["MC_DATA_DIR"], "missioncontrol.sqlite3").mkdir(parents=True)
    assert start_refused(environment) == [
        "The database cannot be used: unable to open database file",
        "manage.py doctor says more.",
    ]


def test_a_newer_database_is_refused_and_left_as_it_is(second: dict[str, str]) -> None:
    path = Path(second["MC_DATA_DIR"], "missioncontrol.sqlite3")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('tasks', '9999_future', '2030-01-01')"
        )
    before = path.read_bytes()
    assert start_refused(second) == [
        "CommandError: A newer version of Mission Control made this database: tasks.9999_future is unknown to"
        " this one. Update the code, or choose another folder with MC_DATA_DIR."
    ]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("MC_PORT", "http", "MC_PORT must be a whole number, not 'http'."),
        ("MC_DEBUG", "maybe", "MC_DEBUG must be 1 or 0, not 'maybe'."),
        ("MC_LOG_LEVEL", "loud", "MC_LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, not 'loud'."),
        (
            "MC_DATABASE_URL",
            "mysql://x/y",
            "MC_DATABASE_URL must be like postgres://user:password@host:5432/name.",
        ),
    ],
)
def test_a_variable_that_cannot_be_meant_is_named(
    environment: dict[str, str], name: str, value: str, told: str
) -> None:
    assert start_refused({**environment, name: value}) == [f"Configuration: {told}"]


def test_up_refuses_redis(environment: dict[str, str]) -> None:
    told = {
        **environment,
        "MC_REDIS_URL": "redis://127.0.0.1:1/0",
        "MC_DATABASE_URL": "postgres://x@127.0.0.1/x",
    }
    done = subprocess.run([*MANAGE, "up"], env=told, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "MC_REDIS_URL is set" in done.stderr


def test_several_processes_without_redis_are_refused(environment: dict[str, str]) -> None:
    command = [*MANAGE, "serve", "--processes", "2"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "MC_REDIS_URL" in done.stderr


def test_contradicting_settings_stop_the_start(environment: dict[str, str]) -> None:
    told = {**environment, "MC_BIND": "0.0.0.0", "MC_DEBUG": "1"}
    done = subprocess.run([*MANAGE, "up"], env=told, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "mc.E005" in done.stderr


def test_every_job_can_be_run_from_the_command_line(second: dict[str, str]) -> None:
    command = [*MANAGE, "runjobs", "--json"]
    done = subprocess.run(command, env=second, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert '"status": "done"' in done.stdout
    assert '"status": "failed"' not in done.stdout


def test_reload_starts_anew_when_a_source_changes(second: dict[str, str], tmp_path: Path) -> None:
    copy = tmp_path / "source"
    ignored = shutil.ignore_patterns(
        ".venv", ".git", "data", "__pycache__", ".mypy_cache", ".ruff_cache", "tests"
    )
    shutil.copytree(settings.BASE_DIR, copy, ignore=ignored)
    log = tmp_path / "log"
    with running([sys.executable, str(copy / "manage.py"), "up", "--reload"], second, log) as process:
        server = LiveServer(f"http://127.0.0.1:{second['MC_PORT']}", process, log)
        wait_until_up(server)
        (copy / "missioncontrol" / "embedded" / "__init__.py").write_text('"""Changed."""\n')
        deadline = time.monotonic() + 40
        while log.read_text().count("Mission Control is at") < 2:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        assert stop(server, signal.SIGTERM) < STOP_WITHIN_S + 4


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_processes_share_an_address_and_one_that_dies_is_replaced(
    environment: dict[str, str], tmp_path: Path
) -> None:
    told = {**environment, "MC_DATABASE_URL": settings.MC_DATABASE_URL, "MC_REDIS_URL": settings.MC_REDIS_URL}
    with up(told, tmp_path / "log", "serve", "--processes", "2") as server:
        children = children_of(server.process.pid)
        assert len(children) == 2
        os.kill(children[0], signal.SIGKILL)
        deadline = time.monotonic() + 30
        while len(alive := children_of(server.process.pid)) < 2 or children[0] in alive:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        wait_until_up(server)
        assert stop(server, signal.SIGTERM) < STOP_WITHIN_S


def children_of(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(line) for line in found.stdout.split()]
