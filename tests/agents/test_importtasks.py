"""`manage.py importtasks`: what it prints, and that an import never makes a credential."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent, AgentKey
from missioncontrol.kernel.actor import Actor
from tasks.models import Event, Project, Task
from tasks.services.projects import create_project
from tests.tasks.importing.folders import REAL_EXPORT, issue, write_beads

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def project() -> Project:
    return create_project(actor=Actor.system("tests"), slug="gt")


def run(path: Path, *options: str, format: str = "beads") -> str:
    out = StringIO()
    call_command(
        "importtasks",
        str(path),
        "--project",
        "gt",
        "--format",
        format,
        *options,
        stdout=out,
        skip_checks=True,
    )
    return out.getvalue()


def run_json(path: Path, *options: str) -> Any:
    return json.loads(run(path, "--json", *options))


def test_json_is_one_object_with_counts_and_every_row_left_out() -> None:
    told = run_json(REAL_EXPORT)
    assert {name: told[name] for name in ("project", "created", "updated", "unchanged", "dry_run")} == {
        "project": "gt",
        "created": 30,
        "updated": 0,
        "unchanged": 0,
        "dry_run": False,
    }
    assert len(told["skipped"]) == 9
    assert set(told["skipped"][0]) == {"file", "line", "id", "reason"}
    assert run_json(REAL_EXPORT)["unchanged"] == 30


def test_people_get_the_reasons_and_then_the_counts(tmp_path: Path) -> None:
    told = run(write_beads(tmp_path, issues=[issue("a-1"), "{", issue("a-2", status="odd")]))
    assert told.splitlines() == [
        "issues.jsonl:2 : Not valid JSON: Expecting property name enclosed in double quotes at line 1, column 2.",
        "issues.jsonl:3 a-2: status: “odd” is not known.",
        "1 created, 0 updated, 0 unchanged, 2 rows or parts of rows left out.",
    ]


def test_a_dry_run_reports_the_same_and_keeps_nothing(tmp_path: Path) -> None:
    folder = write_beads(tmp_path, issues=[issue("a-1", assignee="team/nux")])
    events = Event.objects.count()
    told = run_json(folder, "--dry-run", "--create-agents")
    assert (told["created"], told["agents"], told["dry_run"]) == (1, ["nux"], True)
    assert (Task.objects.count(), Agent.objects.count(), Event.objects.count()) == (0, 0, events)


def test_agents_are_registered_only_when_asked_for_paused_and_without_a_key(tmp_path: Path) -> None:
    folder = write_beads(tmp_path, issues=[issue("a-1", assignee="gastown/polecats/nux", status="hooked")])
    assert run_json(folder)["agents"] == []
    assert Agent.objects.count() == 0
    other = write_beads(tmp_path, issues=[issue("a-2", assignee="gastown/polecats/nux", status="hooked")])
    assert run_json(other, "--create-agents")["agents"] == ["nux"]
    agent = Agent.objects.get()
    assert (agent.slug, agent.state, AgentKey.objects.count()) == ("nux", "paused", 0)
    assert agent.role_text.startswith("Known as gastown/polecats/nux")
    assert Event.objects.get(type="agent.created").target_id == str(agent.pk)
    assert Task.objects.get(source_ref="beads:a-2").assignments.get().agent == agent
    assert run_json(other, "--create-agents")["agents"] == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"path": "nowhere"}, "no issues.jsonl"),
        ({"path": "nowhere", "format": "backlog"}, "not a folder"),
    ],
)
def test_a_path_that_cannot_be_read_ends_with_one_sentence(
    tmp_path: Path, arguments: dict[str, str], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run(tmp_path / arguments.pop("path"), **arguments)


def test_an_unknown_project_ends_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is no project “none”"):
        call_command("importtasks", str(tmp_path), "--project", "none", "--format", "beads", skip_checks=True)


def test_a_csv_file_is_brought_with_columns_that_are_named(tmp_path: Path) -> None:
    path = tmp_path / "team.csv"
    path.write_text("Nr;Betreff;Stand\n7;Mend the pump;Done\n")
    with pytest.raises(CommandError, match="No column can be told to be the title"):
        run(path, format="csv")
    options = ("--map", "title=Betreff", "--map", "id=Nr", "--map", "status=Stand")

    assert run(path, *options, format="csv").startswith("1 created")
    assert run(path, *options, format="csv").startswith("0 created, 0 updated, 1 unchanged")
    assert Task.objects.values_list("source_ref", "title", "status").get() == (
        "csv:7",
        "Mend the pump",
        "done",
    )
    for wrong in ("title=Odd", "odd=Nr"):
        with pytest.raises(CommandError, match="There is no"):
            run(path, "--map", wrong, format="csv")
    with pytest.raises(CommandError, match="--map goes with --format csv"):
        run(path, *options, format="github")


def test_issues_of_github_are_brought_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "issues.json"
    row = {"number": 3, "title": "Mend", "body": "Why", "state": "OPEN", "createdAt": "2026-01-02T00:00:00Z"}
    path.write_text(json.dumps([row]))

    assert run(path, format="github").startswith("1 created")
    assert Task.objects.get().source_ref == "github:#3"
