"""The simulated agents against the real server: the program as people start it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings

from agents.models import Agent
from agents.services.keys import create_service_token
from missioncontrol.kernel.actor import Actor
from tasks.models import Event, Message, Project, Task
from tasks.services.projects import create_project
from tests.support.server import LiveServer

HOUSE = Actor.system("tests")
WITHIN_S = 60.0


@pytest.fixture
def project(live_server_asgi: LiveServer) -> Project:
    return create_project(actor=HOUSE, slug="sims", key_prefix="SIM")


class Program:
    """`python -m clients.demo` under way, and what it has printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self.log = process, log

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, happened: Callable[[str], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not happened(self.said()):
            assert self.process.poll() is None, f"it ended:\n{self.said()}"
            assert time.monotonic() < deadline, f"it took too long:\n{self.said()}"
            time.sleep(0.1)

    def interrupt(self) -> int:
        """Press Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)


@contextmanager
def simulating(server: LiveServer, project: Project, folder: Path, *options: str) -> Iterator[Program]:
    scopes = ["read", "write", "operate", "admin"]
    token = create_service_token(actor=HOUSE, project=project, name="sims", scopes=scopes).secret
    command = [sys.executable, "-m", "clients.demo", "--url", server.url, "--project", project.slug, *options]
    log = folder / "simulation.log"
    environment = {"PATH": os.environ["PATH"], "MC_TOKEN": token, "PYTHONPATH": str(settings.BASE_DIR)}
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            yield Program(process, log)
        finally:
            process.kill()
            process.wait()


def test_work_flows_from_posted_to_closed_and_ctrl_c_ends_it_cleanly(
    live_server_asgi: LiveServer, project: Project, tmp_path: Path
) -> None:
    options = ("--agents", "3", "--pace", "0.05", "--seed", "5", "--crash", "0")
    with simulating(live_server_asgi, project, tmp_path, *options) as program:
        program.wait_for(lambda said: said.count(" closes ") >= 3 and " asks " in said and " writes " in said)
        assert program.interrupt() == 0
        said = program.said()
    assert "Traceback" not in said
    assert said.splitlines()[-1].split()[1:3] == ["demo", "ends"]
    assert Agent.objects.filter(slug__startswith="sim-").count() == 3
    assert Task.objects.filter(status="done", assignments__agent__slug__startswith="sim-").count() >= 3
    assert Message.objects.filter(actor_kind="agent").exists()
    assert set(Event.objects.values_list("type", flat=True)) >= {
        "task.created",
        "task.claimed",
        "task.transitioned",
        "message.posted",
        "approval.requested",
    }


def test_an_agent_that_crashes_comes_back_to_its_task(
    live_server_asgi: LiveServer, project: Project, tmp_path: Path
) -> None:
    options = ("--agents", "1", "--pace", "0.05", "--seed", "1", "--crash", "1")
    with simulating(live_server_asgi, project, tmp_path, *options) as program:
        program.wait_for(lambda said: " crashes " in said and " comes back " in said and " resumes " in said)
        assert program.interrupt() == 0
        assert "Traceback" not in program.said()


def test_a_second_run_takes_up_the_same_agents(
    live_server_asgi: LiveServer, project: Project, tmp_path: Path
) -> None:
    for _ in range(2):
        with simulating(live_server_asgi, project, tmp_path, "--agents", "1", "--pace", "0.05") as program:
            program.wait_for(lambda said: " claims " in said or " resumes " in said)
            assert program.interrupt() == 0
    assert Agent.objects.count() == 1
