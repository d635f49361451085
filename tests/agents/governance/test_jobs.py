"""The schedule of governance: what closes by itself, what is thrown away, and who watches the watchers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from agents import jobs
from agents.models import ActivityEntry, AgentSession, Alert, Health
from agents.services import auto_approve, oversight, retention
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.jobs import JOBS
from missioncontrol.kernel.models import IdempotencyRecord, JobRun
from tasks.models import Event, Refusal, Review, SignInLink, Task, Transition
from tasks.services.checkpoints import read_checkpoints
from tasks.services.people import issue_sign_in_link
from tasks.services.tasks import edit_task
from tasks.services.transition import Step, transition

from .builders import CHECKLIST, DELIVERABLE, World, a_world, events, user_of

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture(autouse=True)
def _own_checkpoints(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


def handed_in(world: World, *labels: str) -> Task:
    """The world's task in review, with labels."""
    task = edit_task(actor=world.ann, task=world.now(), changes={"labels": list(labels)})
    step = Step(to="review", deliverable=DELIVERABLE, checklist=CHECKLIST)
    return transition(actor=world.asker, task=task, step=step)


def test_a_labelled_task_closes_after_a_day_of_silence(world: World) -> None:
    task = handed_in(world, "auto-approve")
    assert task.submitted_at is not None
    assert auto_approve.approve_due(now=task.submitted_at + DAY - timedelta(seconds=1)) == 0
    assert auto_approve.approve_due(now=task.submitted_at + DAY) == 1
    assert auto_approve.approve_due(now=task.submitted_at + DAY) == 0
    task.refresh_from_db()
    assert task.status == "done"
    step = Transition.objects.filter(task=task).latest("id")
    assert (step.actor_kind, step.automatic, step.override) == ("system", True, False)
    assert events(world.project, "task.transitioned")[-1].data["after"] == {"status": "done"}


def test_a_project_sets_how_long_silence_lasts() -> None:
    world = a_world(auto_approve_after_s=60)
    task = handed_in(world, "auto-approve")
    assert task.submitted_at is not None
    assert auto_approve.approve_due(now=task.submitted_at + timedelta(seconds=60)) == 1


def test_without_the_label_nothing_closes(world: World) -> None:
    task = handed_in(world, "urgent")
    assert auto_approve.approve_due(now=database_now() + 2 * DAY) == 0
    task.refresh_from_db()
    assert task.status == "review"


@pytest.mark.parametrize(
    ("kind", "state", "closes"),
    [
        ("refute", "pending", 0),
        ("changeset", "pending", 0),
        ("praise", "pending", 1),
        ("refute", "rejected", 1),
        ("changeset", "superseded", 1),
    ],
)
def test_an_open_review_that_asks_for_changes_keeps_it(
    world: World, kind: str, state: str, closes: int
) -> None:
    task = handed_in(world, "auto-approve")
    Review.objects.create(project=world.project, task=task, kind=kind, state=state)
    assert auto_approve.approve_due(now=database_now() + 2 * DAY) == closes


def test_a_project_that_wants_an_approval_is_not_got_around() -> None:
    world = a_world(done_needs_approval=True)
    task = handed_in(world, "auto-approve")
    assert auto_approve.approve_due(now=database_now() + 2 * DAY) == 0
    task.refresh_from_db()
    assert (task.status, Refusal.objects.count()) == ("review", 0)


def test_what_is_too_old_goes_and_the_rest_stays(world: World) -> None:
    now = database_now()
    for age in (1, 100):
        then = now - age * DAY
        ActivityEntry.objects.create(agent=world.agent, health=Health.IDLE, at=then)
        AgentSession.objects.create(agent=world.agent, digest=f"{age}", prefix="x", expires_at=then)
        Refusal.objects.create(
            project=world.project, task=world.task, from_status="a", to_status="b", code="c", at=then
        )
        IdempotencyRecord.objects.create(
            actor_kind="human", actor_id="1", method="POST", path="/", key=f"{age}", body_hash="x",
            created_at=then + timedelta(hours=1), locked_until=then,
        )  # fmt: skip
        issue_sign_in_link(user=user_of(world.ann), lifetime_s=-age * 86_400)
    removed = retention.clean_up(now=now)
    assert {name: count for name, count in removed.items() if count} == {
        "answers": 1,
        "sign-in links": 1,
        "agent sessions": 1,
        "activity": 1,
        "refusals": 1,
    }
    for model in (ActivityEntry, AgentSession, Refusal, IdempotencyRecord, SignInLink):
        assert model.objects.count() == 1, model
    assert not any(retention.clean_up(now=now).values())


def test_events_are_kept_for_ever_unless_told_otherwise(world: World, settings: Settings) -> None:
    later = database_now() + 400 * DAY
    before = Event.objects.count()
    retention.clean_up(now=later)
    assert Event.objects.count() == before
    settings.MC_EVENT_RETENTION_DAYS = 365
    retention.clean_up(now=later)
    assert [event.type for event in events(world.project)][1:] == ["project.history_pruned"]


def test_one_cleaner_that_fails_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned: list[object] = []

    def fail(now: object) -> int:
        raise ValueError("no")

    def clean(now: object) -> int:
        cleaned.append(now)
        return 1

    monkeypatch.setattr(retention, "_cleaners", {})
    retention.register("bad", fail)
    retention.register("good", clean)
    with pytest.raises(retention.RetentionFailed, match="bad"):
        retention.clean_up()
    assert len(cleaned) == 1


def break_history(world: World) -> None:
    """Make the head lie: no trigger guards it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_eventstream SET head_hash = 'x' WHERE head_seq > 0")


def test_a_whole_history_gets_a_checkpoint(world: World, tmp_path: Path) -> None:
    assert oversight.check_history() == 0
    [point] = read_checkpoints(tmp_path / "checkpoints.jsonl").points
    assert point.seq == Event.objects.filter(project=world.project).count()
    assert not Alert.objects.exists()


def test_a_broken_history_raises_one_critical_alert(world: World, tmp_path: Path) -> None:
    break_history(world)
    assert oversight.check_history() == 1
    alert = Alert.objects.get()
    assert (alert.kind, alert.severity, alert.project) == ("audit", "critical", world.project)
    assert "broken at event" in alert.title
    assert not (tmp_path / "checkpoints.jsonl").exists()


def test_forged_checkpoints_raise_an_alert(world: World, tmp_path: Path) -> None:
    (tmp_path / "checkpoints.jsonl").write_text("{}\n")
    oversight.check_history()
    alert = Alert.objects.get()
    assert (alert.severity, alert.dedupe_key) == ("critical", "audit:checkpoints")


def test_an_overdue_job_raises_an_alert_until_it_is_on_time_again(world: World) -> None:
    now = database_now()
    for name in JOBS:
        JobRun.objects.create(name=name, first_seen_at=now - DAY, succeeded_at=now)
    JobRun.objects.filter(name="leases.expire").update(succeeded_at=now - timedelta(minutes=5))
    assert oversight.check_jobs("jobs.overdue", now=now) == 1
    assert oversight.check_jobs("jobs.overdue", now=now) == 1
    alert = Alert.objects.get()
    assert (alert.dedupe_key, alert.state, alert.count) == ("job:leases.expire", "open", 2)
    JobRun.objects.filter(name="leases.expire").update(succeeded_at=now)
    assert oversight.check_jobs("jobs.overdue", now=now) == 0
    alert.refresh_from_db()
    assert alert.state == "resolved"


def test_after_a_long_stop_the_jobs_get_time_to_catch_up(world: World) -> None:
    now = database_now()
    for name in JOBS:
        JobRun.objects.create(name=name, first_seen_at=now - 9 * DAY, succeeded_at=now - 5 * DAY)
    assert oversight.check_jobs("jobs.overdue", now=now) == 0
    assert not Alert.objects.exists()


def test_every_job_of_the_schedule_runs_and_records_its_success(world: World) -> None:
    mine = [name for name, job in JOBS.items() if job.function.__module__ == jobs.__name__]
    expected = {
        "leases.expire": 30,
        "agents.offline": 60,
        "approvals.expire": 60,
        "approvals.escalate": 600,
        "loops.scan": 900,
        "tasks.auto_approve": 900,
        "retention.clean_up": 86_400,
        "audit.check": 86_400,
        "audit.requested": 60,
        "jobs.overdue": 300,
    }
    assert {name: JOBS[name].every_s for name in mine} == expected
    for name in mine:
        assert JOBS[name].run().status == "done", name
        assert JobRun.objects.get(name=name).succeeded_at is not None
