"""Background jobs: recorded, never lost by their own failures, never needed twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from celery.signals import beat_init
from django.db import connections
from django.db.models import F

from missioncontrol.kernel import jobs
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.jobs import JOBS, Job, job
from missioncontrol.kernel.models.jobs import JobRun

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS", {})
    # Celery never forgets a task, and these must not join the product's own.
    monkeypatch.setattr(jobs, "_celery_task", lambda name: None)


def declared(function: Any, **options: Any) -> Job:
    return job("test.work", **{"every_s": 30, **options})(function)


def row() -> JobRun:
    return JobRun.objects.get(pk="test.work")


def test_a_run_is_recorded_and_gives_its_lease_back() -> None:
    outcome = declared(lambda: 3).run()
    assert (outcome.status, outcome.result) == ("done", "3")
    recorded = row()
    assert recorded.succeeded_at is not None
    assert (recorded.result, recorded.runs, recorded.holder, recorded.held_until) == ("3", 1, "", None)


def test_a_failure_is_recorded_and_the_next_success_clears_it() -> None:
    failing = [True]

    def work() -> None:
        if failing[0]:
            raise ValueError("no \x00 luck")

    task = declared(work)
    assert task.run().status == "failed"
    assert task.run().error == "ValueError: no  luck"
    assert (row().consecutive_failures, row().failures, row().succeeded_at) == (2, 2, None)
    failing[0] = False
    assert task.run().status == "done"
    assert (row().consecutive_failures, row().error, row().failures) == (0, "", 2)


def test_calling_a_job_is_the_plain_function_and_raises() -> None:
    def work() -> None:
        raise ValueError("seen")

    with pytest.raises(ValueError, match="seen"):
        declared(work)()
    assert not JobRun.objects.exists()


def test_a_run_that_finds_the_job_held_leaves_word_and_does_nothing() -> None:
    ran: list[int] = []
    task = declared(lambda: ran.append(1))
    task.run()
    JobRun.objects.update(holder="other", held_until=database_now() + timedelta(seconds=60))
    assert task.run().status == "skipped"
    assert ran == [1]
    assert row().wanted_again


def test_the_holder_goes_round_again_when_word_was_left() -> None:
    rounds: list[int] = []

    def work() -> int:
        rounds.append(1)
        if len(rounds) == 1:
            assert task.run().status == "skipped"
        return len(rounds)

    task = declared(work)
    assert task.run().result == "2"
    assert not row().wanted_again


def test_a_failing_holder_does_not_go_round_for_ever() -> None:
    rounds: list[int] = []

    def work() -> None:
        rounds.append(1)
        task.run()
        raise ValueError("again")

    task = declared(work)
    assert task.run().status == "failed"
    assert rounds == [1]


def test_a_lease_that_ran_out_is_taken_over() -> None:
    task = declared(lambda: None)
    task.run()
    JobRun.objects.update(holder="dead", held_until=database_now() - timedelta(seconds=1))
    assert task.run().status == "done"


def test_a_process_that_is_alone_frees_the_leases_of_the_last() -> None:
    task = declared(lambda: None)
    task.run()
    JobRun.objects.update(holder="dead", held_until=database_now() + timedelta(hours=1))
    jobs.release_all_jobs()
    assert task.run().status == "done"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_never_run_beside_each_other_and_none_is_forgotten() -> None:
    inside: list[int] = []
    most: list[int] = []
    started = threading.Barrier(8)

    def work() -> None:
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    task = declared(work)
    task.run()

    def run() -> None:
        started.wait(10)
        task.run()
        connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert max(most) == 1
    assert (row().holder, row().wanted_again) == ("", False)
    assert row().runs == len(most)


def test_every_job_runs_once_in_order_of_name() -> None:
    ran: list[str] = []
    job("b.two", every_s=5)(lambda: ran.append("b.two"))
    job("a.one", daily_at="09:00")(lambda: ran.append("a.one"))
    assert [outcome.name for outcome in jobs.run_all_jobs()] == ["a.one", "b.two"]
    assert ran == ["a.one", "b.two"]


def test_the_schedule_holds_every_job() -> None:
    job("a.one", daily_at="09:05")(lambda: None)
    declared(lambda: None)
    schedule = jobs.beat_schedule()
    assert schedule["test.work"]["schedule"] == 30
    assert (schedule["a.one"]["schedule"].hour, schedule["a.one"]["schedule"].minute) == ({9}, {5})


def test_a_job_needs_one_period_and_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="every_s or daily_at"):
        job("x")
    with pytest.raises(ValueError, match="every_s or daily_at"):
        job("x", every_s=1, daily_at="09:00")
    declared(lambda: None)
    with pytest.raises(ValueError, match="declared twice"):
        declared(lambda: None)


def test_what_fell_due_while_nothing_ran_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Job, "nudge", lambda self: asked.append(self.name))
    job("a.never", every_s=60)(lambda: None)
    old = job("b.old", every_s=60)(lambda: None)
    fresh = job("c.fresh", every_s=60)(lambda: None)
    old.run()
    fresh.run()
    JobRun.objects.filter(pk="b.old").update(succeeded_at=F("succeeded_at") - timedelta(seconds=61))
    jobs.nudge_overdue()
    assert asked == ["a.never", "b.old"]


def test_beat_asks_for_what_fell_due_before_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Job, "nudge", lambda self: asked.append(self.name))
    job("a.never", every_s=60)(lambda: None)
    job("b.nightly", daily_at="03:10")(lambda: None)
    job("c.fresh", every_s=60)(lambda: None).run()
    beat_init.send(sender=None)
    assert asked == ["a.never", "b.nightly"]


def test_the_jobs_of_the_project_are_declared_with_their_apps() -> None:
    assert "notifications.relay" in JOBS


@pytest.mark.parametrize(("every_s", "after_s"), [(5, 10), (30, 60), (900, 120)])
def test_a_worker_that_was_killed_in_a_run_holds_the_work_up_for_two_periods(
    every_s: float, after_s: float
) -> None:
    killed = declared(lambda: 1, every_s=every_s)
    assert jobs._take(killed, "killed")
    left = row().held_until - database_now()
    assert timedelta(seconds=after_s - 2) < left <= timedelta(seconds=after_s)
    assert killed.run().status == "skipped"
    JobRun.objects.update(held_until=F("held_until") - timedelta(seconds=after_s))
    assert killed.run().status == "done"
