"""Checks of a history that people ask for: done by a job, once, and the result kept."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from agents.models import Alert, ChainCheck
from agents.services import chain_checks, oversight
from missioncontrol.kernel.clock import database_now
from tasks.models import Event, Project
from tasks.services.checkpoints import write_checkpoint
from tests.agents.building import (
    a_member,
    a_project,
    a_service,
    actor_of,
    an_agent,
    events,
    problem,
    signed_in,
)
from tests.tasks.building import together

pytestmark = pytest.mark.django_db
CHECK = "/projects/apollo/audit/check"


@pytest.fixture(autouse=True)
def _own_checkpoints(settings: object, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def project() -> Project:
    return a_project()


def break_history(project: Project) -> None:
    """Make the head lie: no trigger guards it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_eventstream SET head_hash = 'x' WHERE head_seq > 0")


def test_a_check_is_asked_for_done_by_a_job_and_its_result_kept(project: Project) -> None:
    write_checkpoint(now=database_now())
    ada = signed_in(a_member(project))
    assert ada.get(CHECK).json()["ok"] is None

    answer = ada.post(CHECK)
    assert (answer.status_code, answer.json()["state"]) == (202, "wanted")
    assert chain_checks.run_requested() == 1

    told = ada.get(CHECK).json()
    assert (told["state"], told["ok"], told["finished_by"], told["compared"]) == ("idle", True, "ada", 1)
    assert told["checked"] == told["head"] == Event.objects.count() - 1
    assert told["checkpoint_seq"] == 1
    assert [event.type for event in events(project)][-2:] == ["audit.check_requested", "audit.checked"]
    assert events(project, "audit.checked")[0].data["after"]["ok"] is True
    assert chain_checks.run_requested() == 0


def test_the_first_broken_link_is_named_and_raises_one_alert(project: Project) -> None:
    ada = actor_of(a_member(project))
    break_history(project)
    for _ in range(2):
        chain_checks.request_check(actor=ada, project=project)
        break_history(project)
        chain_checks.run_requested()
    found = chain_checks.check_of(project)
    assert found.ok is False
    assert found.broken_seq is not None and found.broken_what
    assert Alert.objects.get().severity == "critical"
    assert events(project, "audit.checked")[0].data["after"]["broken"]["what"] == found.broken_what


def test_pressing_twice_asks_once(project: Project) -> None:
    ada, ben = actor_of(a_member(project)), actor_of(a_member(project, "ben"))
    for actor in (ada, ben, ada):
        assert chain_checks.request_check(actor=actor, project=project).wanted_by == "ada"
    assert len(events(project, "audit.check_requested")) == 1


def test_a_check_that_died_on_the_way_is_done_again(project: Project) -> None:
    long_ago = database_now() - timedelta(hours=2)
    ChainCheck.objects.create(project=project, state="running", wanted_by="ada", started_at=long_ago)
    assert chain_checks.run_requested() == 1
    assert chain_checks.check_of(project).ok is True


def test_one_that_runs_is_left_alone(project: Project) -> None:
    ChainCheck.objects.create(project=project, state="running", wanted_by="ada", started_at=database_now())
    assert chain_checks.run_requested() == 0
    assert chain_checks.request_check(actor=actor_of(a_member(project)), project=project).state == "running"
    assert not events(project, "audit.check_requested")


def test_one_that_cannot_be_finished_says_so_and_can_be_asked_for_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = actor_of(a_member(project))
    chain_checks.request_check(actor=ada, project=project)

    def fail(*_: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(chain_checks, "verify_chain", fail)
        chain_checks.run_requested()
    found = chain_checks.check_of(project)
    assert (found.state, found.ok, found.notes) == ("idle", None, chain_checks.UNFINISHED)
    assert chain_checks.request_check(actor=ada, project=project).state == "wanted"
    chain_checks.run_requested()
    assert (chain_checks.check_of(project).ok, chain_checks.check_of(project).notes) == (True, "")


def test_the_nightly_check_keeps_its_result_beside_one_that_is_asked_for(project: Project) -> None:
    chain_checks.request_check(actor=actor_of(a_member(project)), project=project)
    oversight.check_history()
    found = chain_checks.check_of(project)
    assert (found.state, found.ok, found.finished_by) == ("wanted", True, "Mission Control")


def test_a_forged_file_of_checkpoints_is_told(project: Project, tmp_path: Path) -> None:
    (tmp_path / "checkpoints.jsonl").write_text("{}\n")
    chain_checks.request_check(actor=actor_of(a_member(project)), project=project)
    chain_checks.run_requested()
    assert chain_checks.check_of(project).file_note.startswith("Broken at line 1")


def test_checks_are_the_owners_to_ask_for(project: Project) -> None:
    oscar = signed_in(a_member(project, "oscar", "operator"))
    for caller in (oscar, a_service(project, "operate"), an_agent(project)[1]):
        problem(caller.post(CHECK), 403)
        problem(caller.get(CHECK), 403)
    problem(signed_in(a_member(a_project("zeus"), "zoe")).post(CHECK), 404)
    assert not ChainCheck.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_that_ask_and_many_that_work_at_once_one_does() -> None:
    project = a_project()
    ada = actor_of(a_member(project))
    asked = together([lambda: chain_checks.request_check(actor=ada, project=project)] * 4)
    assert not [each for each in asked if isinstance(each, Exception)]
    done = together([chain_checks.run_requested] * 4)
    assert sum(done) == 1
    assert len(events(project, "audit.check_requested")) == len(events(project, "audit.checked")) == 1
