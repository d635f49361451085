"""The doctor says what is wrong and what to do, and its exit code says whether anything is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.missioncontrol.ops_commands.building import Installation, an_installation, copy_of, filled

pytestmark = pytest.mark.own


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation whose jobs have just run. Tests only read it; those that write take a copy."""
    installation = filled(an_installation(tmp_path_factory.mktemp("served") / "data"))
    installation.ask("runjobs")
    return installation


def examine(installation: Installation, **variables: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and the finding that is no ok (or else the last) for each name."""
    done = installation.run("doctor", "--json", **variables)
    told = json.loads(done.stdout)
    assert told["ok"] == (done.returncode == 0)
    findings: dict[str, Any] = {}
    for finding in told["findings"]:
        if finding["name"] not in findings or finding["state"] != "ok":
            findings[finding["name"]] = finding
    return done.returncode, findings


def test_a_sound_installation_has_no_problem(served: Installation) -> None:
    code, findings = examine(served)
    assert code == 0, findings
    looked_at = {"versions", "settings", "data folder", "disk", "redis", "backup tools", "database", "clock"}
    assert set(findings) == looked_at | {"migrations", "jobs", "history"}


def test_a_person_reads_one_line_for_each_finding(served: Installation) -> None:
    lines = served.run("doctor").stdout.splitlines()
    assert any(line.startswith("ok    database      sqlite 3.") for line in lines)


def test_tables_that_are_not_there_are_named_with_the_command_that_makes_them(tmp_path: Path) -> None:
    code, findings = examine(an_installation(tmp_path / "data"))
    assert code == 1
    assert findings["migrations"]["advice"] == "Run manage.py migrate."
    assert "jobs" not in findings


def test_jobs_that_nobody_runs_are_a_problem(served: Installation, tmp_path: Path) -> None:
    idle = copy_of(served, tmp_path / "data")
    idle.write("DELETE FROM kernel_jobrun")
    code, findings = examine(idle)
    assert code == 1
    assert findings["jobs"]["found"].startswith("none of ")


def test_a_job_that_fails_is_named_with_its_error(served: Installation, tmp_path: Path) -> None:
    ill = copy_of(served, tmp_path / "data")
    ill.write(
        "UPDATE kernel_jobrun SET consecutive_failures = 2, error = 'Boom: no' WHERE name = 'leases.expire'"
    )
    code, findings = examine(ill)
    assert code == 1
    assert findings["jobs"]["found"] == "leases.expire: failed 2 times in a row: Boom: no"


def test_a_changed_history_is_a_problem_with_its_number(served: Installation, tmp_path: Path) -> None:
    forged = copy_of(served, tmp_path / "data")
    forged.write("DROP TRIGGER tasks_event_never_changed")
    forged.write("UPDATE tasks_event SET type = 'task.created' WHERE seq = 1")
    code, findings = examine(forged)
    assert code == 1
    assert findings["history"]["found"].startswith("apollo: broken at event 1")


def test_contradicting_settings_are_findings_and_not_the_end(served: Installation) -> None:
    code, findings = examine(served, MC_DEBUG="1", MC_BIND="0.0.0.0", MC_SITE_URL="https://board.example.org")
    assert code == 1
    assert findings["settings"]["found"].startswith("mc.E005")


def test_a_secret_that_others_can_read_is_a_problem(served: Installation, tmp_path: Path) -> None:
    open_house = copy_of(served, tmp_path / "data")
    (open_house.folder / "secret_key").write_text("x" * 50)
    (open_house.folder / "secret_key").chmod(0o644)
    code, findings = examine(open_house)
    assert code == 1
    assert findings["data folder"]["advice"].startswith("chmod 600")


def test_services_that_do_not_answer_are_findings_and_not_the_end(served: Installation) -> None:
    nowhere = {"MC_DATABASE_URL": "postgres://x@127.0.0.1:1/x", "MC_REDIS_URL": "redis://127.0.0.1:1/0"}
    code, findings = examine(served, **nowhere)
    assert code == 1
    assert findings["database"]["found"] == findings["redis"]["found"] == "does not answer"
