"""Loops are broken: the task is blocked, the thread says why, the operators are told, and amnesty is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Alert, LoopDetection
from agents.queries.credentials import agent_actor
from agents.services import loops
from agents.services.alerts import raise_alert
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from tasks.models import Message, Task
from tasks.services import hooks
from tasks.services.assigning import assign
from tasks.services.projects import update_project
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition

from .builders import CHECKLIST, DELIVERABLE, HOUSE, World, a_task, a_world, an_agent, events

pytestmark = pytest.mark.django_db
OnCommit = Callable[..., CaptureQueriesContext]


@pytest.fixture
def world() -> World:
    return a_world()


@pytest.fixture
def critic(world: World) -> Actor:
    return agent_actor(an_agent(world.project, "critic").agent, None)


def talk(task: Task, *authors: Actor, end: datetime | None = None, every_s: int = 30) -> None:
    """One message by each, the last at `end`."""
    begin = (end or database_now()) - timedelta(seconds=every_s * (len(authors) - 1))
    for number, author in enumerate(authors):
        at = begin + timedelta(seconds=every_s * number)
        post_message(actor=author, task=task, content=f"Number {number}", now=at)


def cycle(world: World, times: int, task: Task | None = None) -> None:
    """Hand in and send back."""
    task = task or world.now()
    for _ in range(times):
        step = Step(to="review", deliverable=DELIVERABLE, checklist=CHECKLIST)
        task = transition(actor=world.asker, task=task, step=step)
        task = transition(actor=world.ann, task=task, step=Step(to="in_progress"))


def test_a_storm_blocks_the_task_and_says_so_everywhere(world: World, critic: Actor) -> None:
    talk(world.task, *[world.asker, world.ann] * 11)
    detection = loops.scan_task(world.task.pk)
    assert detection is not None
    task = world.now()
    assert (task.status, task.block_cause, task.blocked_by, task.holder_id) == (
        "blocked",
        "loop",
        "system",
        None,
    )
    assert "22 messages within 30 minutes" in task.blocked_reason
    assert (detection.kind, detection.evidence["messages"]) == ("comment_storm", 22)
    summary = Message.objects.get(task=task, type="system")
    for told in (
        "comment storm",
        "`scout` (11)",
        f"`{world.ann.name}` (11)",
        "assigned → in_progress",
        "A way out",
    ):
        assert told in summary.content
    alert = Alert.objects.get()
    assert (alert.kind, alert.task, alert.state) == ("loop", task, "open")
    [event] = events(world.project, "loop.detected")
    assert (event.target_id, event.data["kind"]) == (str(task.pk), "comment_storm")
    assert event.data["status"] == "blocked"


def test_a_storm_is_stopped_as_it_happens(
    world: World, critic: Actor, django_capture_on_commit_callbacks: OnCommit
) -> None:
    for number in range(10):
        assert world.now().status == "in_progress"
        with django_capture_on_commit_callbacks(execute=True):
            post_message(actor=(world.asker, critic)[number % 2], task=world.task, content="No, you")
    assert world.now().status == "blocked"
    assert LoopDetection.objects.get().kind == "ping_pong"


def test_review_cycles_are_stopped_as_they_happen(
    world: World, django_capture_on_commit_callbacks: OnCommit
) -> None:
    update_project(
        actor=HOUSE, project=world.project, changes={"loop_limits": {"back_and_forth": {"transitions": 99}}}
    )
    with django_capture_on_commit_callbacks(execute=True):
        cycle(world, 3)
    assert world.now().status == "in_progress"
    with django_capture_on_commit_callbacks(execute=True):
        cycle(world, 1)
    assert world.now().status == "blocked"
    assert LoopDetection.objects.get().kind == "review_cycles"


def test_going_back_and_forth_is_stopped_as_it_happens(
    world: World, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        cycle(world, 3)
    assert (world.now().status, LoopDetection.objects.get().kind) == ("blocked", "back_and_forth")


def test_the_scan_finds_what_nobody_saw_happen(world: World, critic: Actor) -> None:
    talk(world.task, *[world.asker, critic] * 5)
    quiet = a_task(world.project, "Quiet")
    assert loops.scan() == 1
    assert loops.scan() == 0
    assert world.now().status == "blocked"
    quiet.refresh_from_db()
    assert quiet.status == "ready"
    assert LoopDetection.objects.count() == 1


def test_only_what_happens_after_a_person_unblocked_counts(world: World, critic: Actor) -> None:
    talk(world.task, *[world.asker, critic] * 5)
    loops.scan()
    transition(actor=world.ann, task=world.now(), step=Step(to="in_progress"))
    assert world.now().loop_watermark is not None
    assert Alert.objects.get().state == "resolved"
    assert loops.scan() == 0
    assert world.now().status == "in_progress"
    later = database_now() + timedelta(minutes=11)
    talk(world.task, *[world.asker, critic] * 5, end=later)
    assert loops.scan(now=later) == 1
    assert world.now().status == "blocked"
    assert Alert.objects.filter(state="open").count() == 1


def test_an_agents_unblocking_is_no_amnesty(world: World, critic: Actor) -> None:
    talk(world.task, *[world.asker, critic] * 5)
    transition(actor=world.asker, task=world.now(), step=Step(to="blocked", reason="Cannot go on"))
    transition(actor=world.asker, task=world.now(), step=Step(to="in_progress"))
    assert loops.scan() == 1


@pytest.mark.parametrize("status", ["blocked", "canceled", "done", "failed"])
def test_what_is_blocked_or_finished_is_left(world: World, critic: Actor, status: str) -> None:
    talk(world.task, *[world.asker, critic] * 5)
    transition(actor=world.ann, task=world.now(), step=Step(to=status, override=True, reason="Enough"))
    assert loops.scan() == 0
    assert (world.now().status, LoopDetection.objects.count()) == (status, 0)


def test_system_messages_and_automatic_steps_are_no_evidence(world: World, critic: Actor) -> None:
    talk(world.task, *[world.asker, critic] * 4)
    for _ in range(20):
        post_message(actor=HOUSE, task=world.task, content="For your information", type="system")
    assert loops.scan() == 0


def test_a_project_may_set_its_own_thresholds(world: World, critic: Actor) -> None:
    limits = {"ping_pong": {"alternations": 3}}
    update_project(actor=HOUSE, project=world.project, changes={"loop_limits": limits})
    talk(world.task, *[world.asker, critic] * 3)
    assert loops.scan() == 1


def test_one_bad_task_never_stops_the_scan(
    world: World, critic: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = a_task(world.project, "Another")
    assign(actor=world.ann, task=other, agents=[world.agent])
    for task in (world.task, other):
        talk(task, *[world.asker, critic] * 5)

    def stumble(task: Task, *_: object) -> None:
        if task.pk == world.task.pk:
            raise RuntimeError("this one is broken")

    monkeypatch.setattr(hooks, "after_transition", [stumble])
    assert loops.scan() == 1
    other.refresh_from_db()
    assert (world.now().status, other.status) == ("in_progress", "blocked")
    assert LoopDetection.objects.get().task_id == other.pk
    assert not Message.objects.filter(task=world.task, type="system").exists()


def test_a_quiet_write_costs_no_query_for_loops(world: World, django_assert_num_queries: OnCommit) -> None:
    task = world.now()
    message = Message(task=task, type="comment", created_at=database_now())
    writer = world.asker
    with django_assert_num_queries(0):
        loops.after_message(task, message, writer)
    task.message_count = 50
    with django_assert_num_queries(1):
        loops.after_message(task, message, writer)


def test_a_scan_costs_the_same_however_many_tasks_changed(
    world: World, django_assert_num_queries: OnCommit
) -> None:
    with CaptureQueriesContext(connection) as one:
        loops.scan()
    for number in range(20):
        a_task(world.project, f"Quiet {number}")
    with django_assert_num_queries(len(one)):
        loops.scan()


def test_the_scan_finds_moves_that_nobody_saw(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "after_transition", [])
    cycle(world, 4)
    assert world.now().status == "in_progress"
    assert loops.scan() == 1
    assert world.now().status == "blocked"
    assert LoopDetection.objects.get().kind == "review_cycles"


def test_an_alert_of_another_kind_stays_when_a_task_is_unblocked(world: World) -> None:
    raise_alert(project_id=world.project.pk, kind="other", title="Something else", task=world.task)
    blocked = transition(actor=world.ann, task=world.now(), step=Step(to="blocked", reason="Wait"))
    transition(actor=world.ann, task=blocked, step=Step(to="in_progress"))
    assert Alert.objects.get().state == "open"
