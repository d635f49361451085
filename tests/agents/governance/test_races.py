"""Several at once, in real threads: exactly one outcome, nothing lost, nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from agents.models import Alert, Approval, LoopDetection
from agents.queries.credentials import agent_actor
from agents.services import auto_approve, decisions, loops
from agents.services.alerts import raise_alert
from agents.services.approvals import use_grant
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import DomainError
from tasks.models import Message, Transition, stamp
from tasks.services.tasks import edit_task
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition

from .builders import CHECKLIST, DELIVERABLE, World, a_person, a_world, an_agent, ask, events

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


@pytest.fixture
def world() -> World:
    return a_world()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all at once, each in a thread of its own; a refusal counts as an answer."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=20)
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def refusals(answers: list[Any]) -> list[str]:
    """The codes of those who were refused."""
    return [answer.code for answer in answers if isinstance(answer, DomainError)]


def decided(world: World, approval: Approval) -> list[str]:
    """What the stream says became of the request."""
    told = events(world.project, "approval.")
    mine = [event for event in told if event.target_id == str(approval.pk)]
    return [event.data["status"] for event in mine if event.type != "approval.requested"]


def test_of_two_operators_one_decides(world: World) -> None:
    for number in range(ROUNDS):
        approval = ask(world, payload={"n": number})
        answers = at_once(
            partial(decisions.approve, actor=world.ann, approval=approval),
            partial(decisions.deny, actor=world.bob, approval=approval, reason="No"),
        )
        assert refusals(answers) == ["approval_decided"]
        approval.refresh_from_db()
        assert decided(world, approval) == [approval.status]
        assert approval.decisions.count() == 1
        task = world.now()
        assert task.status == {"approved": "in_progress", "denied": "blocked"}[approval.status]
        if task.status == "blocked":
            transition(actor=world.ann, task=task, step=Step(to="in_progress"))


def test_two_approvals_at_once_make_one_of_red(world: World) -> None:
    for number in range(ROUNDS):
        approval = ask(world, payload={"n": number}, risk="red")
        answers = at_once(
            partial(decisions.approve, actor=world.ann, approval=approval),
            partial(decisions.approve, actor=world.bob, approval=approval),
        )
        assert refusals(answers) == []
        approval.refresh_from_db()
        assert (approval.status, world.now().status) == ("approved", "in_progress")
        assert decided(world, approval) == ["pending", "approved"]


def test_one_person_clicking_twice_is_not_two_people(world: World) -> None:
    approval = ask(world, risk="red")
    act = [lambda: decisions.approve(actor=world.ann, approval=approval)] * 4
    assert refusals(at_once(*act)) == ["already_approved"] * 3
    approval.refresh_from_db()
    assert (approval.status, approval.decisions.count()) == ("pending", 1)


def test_the_job_and_a_late_decision_expire_once(world: World) -> None:
    approval = ask(world)
    Approval.objects.filter(pk=approval.pk).update(expires_at=database_now() - timedelta(seconds=1))
    answers = at_once(
        lambda: decisions.approve(actor=world.ann, approval=approval),
        lambda: decisions.approve(actor=world.bob, approval=approval),
        decisions.expire_due,
        decisions.expire_due,
    )
    assert refusals(answers) == ["approval_expired", "approval_expired"]
    assert decided(world, approval) == ["expired"]
    assert world.now().status == "blocked"
    assert Transition.objects.filter(task=world.task, to_status="blocked").count() == 1


def test_a_grant_is_used_once(world: World) -> None:
    approval = decisions.approve(actor=world.ann, approval=ask(world))
    asker = world.asker
    rows = [Approval.objects.get(pk=approval.pk) for _ in range(4)]
    digest = approval.payload_hash
    answers = at_once(*[partial(use_grant, actor=asker, approval=row, payload_hash=digest) for row in rows])
    assert refusals(answers) == ["grant_used"] * 3
    assert len(events(world.project, "approval.grant_used")) == 1


def test_deciding_and_moving_the_card_at_once_both_stand_or_one_is_told(world: World) -> None:
    approval = ask(world)
    answers = at_once(
        lambda: decisions.approve(actor=world.ann, approval=approval),
        lambda: transition(actor=world.bob, task=world.task, step=Step(to="blocked", reason="Hold")),
    )
    assert refusals(answers) == []
    approval.refresh_from_db()
    assert (approval.status, world.now().status) == ("approved", "blocked")


def test_the_same_alert_raised_at_once_is_one(world: World) -> None:
    act = [lambda: raise_alert(project_id=world.project.pk, kind="budget", title="Spent")] * 8
    at_once(*act)
    alert = Alert.objects.get()
    assert alert.count == 8
    assert len(events(world.project, "alert.raised")) == 1


def test_two_schedulers_detect_a_loop_once(world: World) -> None:
    critic = agent_actor(an_agent(world.project, "critic").agent, None)
    asker = world.asker
    for number in range(10):
        author = (asker, critic)[number % 2]
        Message.objects.create(project=world.project, task=world.task, content="No, you", **stamp(author))
    answers = at_once(loops.scan, loops.scan, loops.scan)
    assert sum(answers) == 1
    assert LoopDetection.objects.count() == 1
    assert world.now().status == "blocked"


def test_a_storm_from_many_threads_is_stopped_once(world: World) -> None:
    people = [a_person(world.project, f"person-{number}") for number in range(3)]
    authors = [world.asker, *people]

    def chatter(author: Any) -> Callable[[], None]:
        def run() -> None:
            for number in range(8):
                post_message(actor=author, task=world.task, content=f"Number {number}")

        return run

    answers = at_once(*[chatter(author) for author in authors])
    assert refusals(answers) == []
    assert LoopDetection.objects.get().kind == "comment_storm"
    assert world.now().status == "blocked"
    assert Message.objects.filter(task=world.task, type="system").count() == 1


def test_two_schedulers_close_a_task_once(world: World) -> None:
    task = edit_task(actor=world.ann, task=world.now(), changes={"labels": ["auto-approve"]})
    step = Step(to="review", deliverable=DELIVERABLE, checklist=CHECKLIST)
    transition(actor=world.asker, task=task, step=step)
    later = database_now() + timedelta(days=2)
    answers = at_once(*[lambda: auto_approve.approve_due(now=later)] * 3)
    assert sum(answers) == 1
    assert Transition.objects.filter(task=task, to_status="done").count() == 1
