"""What the measurements of sockets stand on: a fresh server, a project with tasks, somebody signed in."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PORT = int(os.environ.get("MC_BENCH_PORT", "8190"))
TICKS = os.sysconf("SC_CLK_TCK")


def prepare_environment() -> None:
    """Point this process and the server at the same installation, and set Django up. Call it first."""
    os.environ.setdefault("MC_DATA_DIR", tempfile.mkdtemp(prefix="mc-bench-"))
    os.environ["MC_PORT"] = str(PORT)
    os.environ["MC_SITE_URL"] = f"http://127.0.0.1:{PORT}"
    os.environ["MC_DEMO"] = "0"
    os.environ["MC_LOG_LEVEL"] = "WARNING"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "missioncontrol.settings")
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def where() -> str:
    """The database measured."""
    from django.conf import settings

    return "PostgreSQL + Redis" if settings.MC_REDIS_URL else "SQLite, embedded"


@dataclass(frozen=True)
class Ground:
    """A project and how to get in."""

    slug: str
    project: Any
    person: Any
    cookie: str
    token: str
    tasks: list[Any]


def make_ground(tasks: int) -> Ground:
    """A project of its own with that many tasks."""
    from django.test import Client

    from agents.models import ServiceToken
    from agents.services.secrets import new_secret
    from missioncontrol.kernel.actor import Actor
    from tasks.services.people import create_operator
    from tasks.services.projects import create_project
    from tasks.services.tasks import create_task

    system = Actor.system("bench")
    slug = f"bench-{int(time.time() * 1000)}"
    project = create_project(actor=system, slug=slug)
    person = create_operator(actor=system, username=slug, project=project, role="owner")
    secret = new_secret("mcs")
    ServiceToken.objects.create(
        project=project, name="bench", scopes=["read", "write"], prefix=secret.prefix, digest=secret.digest
    )
    client = Client()
    client.force_login(person)
    made = [create_task(actor=system, project=project, title=f"Task {number}") for number in range(tasks)]
    return Ground(slug, project, person, f"sessionid={client.cookies['sessionid'].value}", secret.text, made)


@contextmanager
def server() -> Iterator[subprocess.Popen[bytes]]:
    """One serving process, and a worker for the jobs where they run outside it."""
    from django.conf import settings

    manage = [sys.executable, str(ROOT / "manage.py")]
    command = [*manage, "up", "--no-setup"] if settings.MC_EMBEDDED else [*manage, "serve"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_until_up(process)
        yield process
    finally:
        process.terminate()
        process.wait(15)


def _wait_until_up(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/health", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not come up")


def cpu_seconds(pid: int) -> float:
    """The processor time a process has used, all threads, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def counters() -> dict[str, float]:
    """The server's own counts of live messages."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {
        name: float(value)
        for name, _, value in (line.partition(" ") for line in lines)
        if name.startswith("mc_live_")
    }
