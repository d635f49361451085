"""The lines that connect an agent, run as they are written by a real shell against a real server."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from agents.connecting import KEY_PLACE, Identity, instructions, keeping, shell, ways
from agents.services.registry import create_agent
from missioncontrol.kernel.api.authentication import person
from tasks.models import Task
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE, a_member, a_project
from tests.support.server import LiveServer

WHO = Identity(api="https://mc.example/api/v1", project="apollo", agent="scout")


def run(lines: str, home: Path) -> str:
    """What these lines print when somebody whose home is `home` pastes them into a shell."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    done = subprocess.run(
        ["bash", "-eu", "-c", lines], env=environment, cwd=home, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
def test_the_shells_lines_take_a_task_from_claim_to_review(
    live_server_asgi: LiveServer, tmp_path: Path
) -> None:
    project = a_project("apollo")
    made = create_agent(actor=HOUSE, project=project, slug="scout")
    ada = person(a_member(project, "ada"))
    task = create_task(actor=ada, project=project, title="Mend the pump", description="It drips.", priority=2)
    who = Identity(api=f"{live_server_asgi.url}/api/v1", project="apollo", agent="scout")
    keep, check = (step.text.replace(KEY_PLACE, made.key.secret) for step in keeping(who))
    claim, plan, hand_in = (step.text for step in shell(who))

    run(keep, tmp_path)
    kept = tmp_path / ".mission-control/apollo-scout.conf"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(run(check, tmp_path))["slug"] == "scout"
    key = json.loads(run(claim, tmp_path))["task"]["key"]
    assert key == task.key
    run(plan.replace("KEY-1", key), tmp_path)
    assert Task.objects.get(pk=task.pk).status == "in_progress"
    for line in instructions(who).splitlines():
        if "/messages" in line or "/heartbeat" in line:
            assert '"status": 4' not in run(f"TASK={key}\n{line.strip()}", tmp_path)
    run(f"TASK={key}\n{hand_in}", tmp_path)

    assert Task.objects.get(pk=task.pk).status == "review"
    assert Task.objects.get(pk=task.pk).messages.filter(type="progress", actor_name="scout").exists()


def test_files_are_written_where_each_program_reads_them(tmp_path: Path) -> None:
    written = {
        "Claude Code": "CLAUDE.md",
        "Codex": "AGENTS.md",
        "Cursor": ".cursor/rules/mission-control.mdc",
        "OpenClaw": ".openclaw/workspace/skills/mission-control/SKILL.md",
    }
    for way in ways(WHO):
        if way.name in written:
            run(way.steps[0].text, tmp_path)
            text = (tmp_path / written[way.name]).read_text()
            assert text.endswith(instructions(WHO))
            assert text.startswith("---\n") is (way.name in {"Cursor", "OpenClaw"})
    assert {way.name for way in ways(WHO)} == {*written, "Shell"}


def test_the_key_is_in_one_place_and_in_no_address() -> None:
    everything = [step.text for step in keeping(WHO)] + [step.text for way in ways(WHO) for step in way.steps]

    assert [text.count(KEY_PLACE) for text in everything] == [1] + [0] * (len(everything) - 1)
    for text in everything:
        for address in re.findall(r"https?://\S+", text):
            assert KEY_PLACE not in address and "?" not in address
