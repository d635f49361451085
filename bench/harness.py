"""What every measurement needs: a server of its own, load from other processes, and a report.

A measurement ends with `sys.exit(judge(run()))`. `python -m bench` runs all of them, `python -m bench serving` one.
Each measures both sides of a comparison in one run on the same machine, so that only ratios are judged.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """One measured number. `bar` says what it must reach, `passed` whether it did; None for mere information."""

    name: str
    value: float
    unit: str
    bar: str = ""
    passed: bool | None = None


def at_least(name: str, value: float, bar: float, unit: str = "x") -> Result:
    """A result that must reach `bar`."""
    return Result(name, value, unit, f">= {bar:g}", value >= bar)


def at_most(name: str, value: float, bar: float, unit: str) -> Result:
    """A result that must not pass `bar`."""
    return Result(name, value, unit, f"<= {bar:g}", value <= bar)


@dataclass(frozen=True)
class Place:
    """A folder and a database for one measurement; `environment` points a process at them."""

    folder: Path
    environment: dict[str, str]

    def manage(self, *arguments: str) -> dict[str, Any]:
        """Run a `manage.py` command with `--json` and read its answer; empty when it prints nothing."""
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr[-3000:]}")
        answer: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        return answer


@contextmanager
def place(**environment: str) -> Iterator[Place]:
    """A fresh place: SQLite in a folder, or a database of its own beside the one `MC_DATABASE_URL` names."""
    folder = Path(tempfile.mkdtemp(prefix="mc-bench-"))
    variables = {**os.environ, "MC_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT), "MC_LOG_LEVEL": "ERROR"}
    try:
        with _database(variables) as more:
            yield Place(folder, {**variables, **more, **environment})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    url = variables.get("MC_DATABASE_URL", "")
    if not url:
        yield {}
        return
    import psycopg

    name = f"mc_bench_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            yield {"MC_DATABASE_URL": f"{url.rpartition('/')[0]}/{name}"}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


@contextmanager
def server(where: Place, *command: str, path: str = "/health", **environment: str) -> Iterator[str]:
    """Run `manage.py up` (or `command`, a module and its arguments) on a free port; gives its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {**where.environment, "MC_PORT": str(port), "MC_SITE_URL": url, **environment}
    usual = [str(ROOT / "manage.py"), "serve" if variables.get("MC_REDIS_URL") else "up"]
    arguments = [sys.executable, *(["-m", *command] if command else usual)]
    log = where.folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(arguments, env=variables, cwd=ROOT, stdout=output, stderr=output)
        try:
            _wait(url + path, process, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not come up:\n{log.read_text()[-3000:]}")


@dataclass
class Load:
    """What came of a load: `statuses` counts answers, `seconds` the time of the whole, latencies in milliseconds."""

    seconds: float
    statuses: dict[int, int] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(self.statuses.values()) / self.seconds

    @property
    def errors(self) -> int:
        """Answers outside 2xx."""
        return sum(count for status, count in self.statuses.items() if status // 100 != 2)

    def percentile(self, share: int) -> float:
        """The latency that `share` per cent of the answers stay under, in milliseconds."""
        return statistics.quantiles(self.latencies_ms, n=100)[share - 1]


@dataclass(frozen=True, slots=True)
class Request:
    """One request, repeated by a client. `keep` asks for the bodies of the answers."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    keep: bool = False

    def encode(self, host: str) -> bytes:
        """The bytes on the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(self.body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Wire:
    """One kept connection that speaks just enough HTTP to measure it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def ask(self, raw: bytes) -> tuple[int, bytes]:
        """Send a request and read its answer: status and body."""
        self._socket.sendall(raw)
        status = int(self._file.readline().split(b" ", 2)[1])
        length, chunked = 0, False
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            chunked = chunked or (name.lower() == b"transfer-encoding" and b"chunked" in value.lower())
        return status, self._chunks() if chunked else self._file.read(length)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._file.readline(), 16):
            body += self._file.read(size)
            self._file.readline()
        self._file.readline()
        return body

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


def load(url: str, requests: Sequence[Request], *, seconds: float = 0.0, count: int = 0) -> Load:
    """One client process per request in `requests`, each repeating its own for `seconds` or `count` times."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(len(requests) + 1)
    found: Any = context.Queue()
    clients = [
        context.Process(target=_client, args=(url, request, seconds, count, gate, found))
        for request in requests
    ]
    for client in clients:
        client.start()
    gate.wait(60)
    begun = time.monotonic()
    parts = [found.get(timeout=600) for _ in clients]
    total = Load(time.monotonic() - begun)
    for client in clients:
        client.join(30)
    for statuses, latencies, bodies in parts:
        for status, number in statuses.items():
            total.statuses[status] = total.statuses.get(status, 0) + number
        total.latencies_ms += latencies
        total.bodies += bodies
    return total


def _client(url: str, request: Request, seconds: float, count: int, gate: Any, found: Any) -> None:
    wire = Wire(url)
    raw = request.encode(wire.host)
    statuses: dict[int, int] = {}
    latencies: list[float] = []
    bodies: list[bytes] = []
    gate.wait(60)
    end = time.monotonic() + seconds if seconds else float("inf")
    while time.monotonic() < end and (not count or len(latencies) < count):
        begun = time.perf_counter()
        status, body = wire.ask(raw)
        latencies.append((time.perf_counter() - begun) * 1000)
        statuses[status] = statuses.get(status, 0) + 1
        if request.keep:
            bodies.append(body)
    wire.close()
    found.put((statuses, latencies, bodies))


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def report(results: Sequence[Result]) -> str:
    """The results as a table for people."""
    width = max((len(result.name) for result in results), default=0)
    return "\n".join(_line(result, width) for result in results)


def judge(results: Sequence[Result]) -> int:
    """Print the report; the exit code, 1 when a bar was missed."""
    print(report(results))
    return 1 if any(result.passed is False for result in results) else 0


def _line(result: Result, width: int) -> str:
    verdict = {True: "ok", False: "MISSED", None: ""}[result.passed]
    return (
        f"{result.name:<{width}}  {result.value:>12,.2f} {result.unit:<8} {result.bar:<10} {verdict}".rstrip()
    )
