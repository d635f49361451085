"""Who is told of what, and who is not."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from agents.models import Alert, Approval
from missioncontrol.kernel.transactions import unit
from notifications.models import DeliveryState, Notification
from tasks.events import record
from tasks.models import Membership, Message, Subscription, Task
from tasks.services.assigning import assign
from tests.notifications.builders import (
    HOUSE,
    a_person,
    a_project,
    a_task,
    acting,
    an_agent,
    happen,
    run_relay,
    say,
)

pytestmark = pytest.mark.django_db


def told() -> set[tuple[str, str]]:
    """Every notification that is not skipped, as (type, name of the recipient)."""
    rows = Notification.objects.exclude(state=DeliveryState.SKIPPED).select_related("user", "agent")
    return {(row.type, row.user.username if row.user else row.agent.slug) for row in rows}  # type: ignore[union-attr]


def step(task: Task, to: str, actor: Any = HOUSE, **data: Any) -> None:
    """A transition that has happened."""
    before = task.status
    Task.objects.filter(pk=task.pk).update(status=to)
    task.refresh_from_db()
    happen(task, "task.transitioned", actor, before={"status": before}, after={"status": to}, **data)


def test_assigning_through_the_service_tells_the_newly_assigned_and_nobody_twice() -> None:
    project = a_project()
    ada, bob, scout = a_person(project, "ada"), a_person(project, "bob"), an_agent(project, "scout")
    task = a_task(project)
    assign(actor=acting(ada), task=task, agents=[scout], users=[ada, bob], mode="set")
    run_relay()
    assert told() == {("assignment", "bob"), ("assignment", "scout")}


def test_a_mention_is_stronger_than_news_in_the_thread() -> None:
    project = a_project()
    ada, bob, cy = (a_person(project, name) for name in ("ada", "bob", "cy"))
    task = a_task(project, on=(bob, cy))
    say(task, ada, "Bob, please look", bob)
    run_relay()
    assert told() == {("mention", "bob"), ("thread_update", "cy")}


def test_nobody_is_told_of_their_own_act() -> None:
    project = a_project()
    ada, scout = a_person(project, "ada"), an_agent(project, "scout")
    task = a_task(project, on=(ada, scout), status="in_progress")
    say(task, ada, "Mine", ada)
    say(task, scout, "Mine too", scout)
    step(task, "review", acting(scout))
    run_relay()
    assert not Notification.objects.filter(seq=1, user=ada).exists()
    assert not Notification.objects.filter(seq__in=[2, 3], agent=scout).exists()


def test_old_messages_of_an_import_tell_nobody() -> None:
    project = a_project()
    ada, bob = a_person(project, "ada"), a_person(project, "bob")
    task = a_task(project, on=(bob,))
    message = say(task, ada, "Said last year")
    Message.objects.filter(pk=message.pk).update(source_ref="comment-7")
    run_relay()
    assert not Notification.objects.exists()


def test_who_muted_the_thread_hears_mentions_only() -> None:
    project = a_project()
    ada, bob = a_person(project, "ada"), a_person(project, "bob")
    task = a_task(project, on=(bob,))
    Subscription.objects.create(task=task, user=bob, muted=True)
    say(task, ada, "News")
    run_relay()
    assert told() == set()
    say(task, ada, "Bob!", bob)
    run_relay()
    assert told() == {("mention", "bob")}


def test_those_who_left_the_project_are_told_nothing() -> None:
    project = a_project()
    ada, bob, gone = a_person(project, "ada"), a_person(project, "bob"), an_agent(project, "gone")
    task = a_task(project, on=(bob, gone))
    Membership.objects.filter(user=bob).delete()
    gone.removed_at = timezone.now()
    gone.save()
    say(task, ada, "Are you there?", bob, gone)
    run_relay()
    assert told() == set()
    assert Notification.objects.get().reason == "the agent was removed from the project"


def test_people_and_agents_of_other_projects_are_never_told() -> None:
    project, other = a_project(), a_project("other")
    ada, eve, spy = a_person(project, "ada"), a_person(other, "eve"), an_agent(other, "spy")
    say(a_task(project), ada, "Who listens?", eve, spy)
    run_relay()
    assert not Notification.objects.exists()


def test_a_hand_in_asks_the_reviewer_and_without_one_the_operators() -> None:
    project = a_project()
    _ada, bob = a_person(project, "ada", role="owner"), a_person(project, "bob")
    viewer, scout = a_person(project, "vic", role="viewer"), an_agent(project, "scout")
    step(a_task(project, on=(scout,), reviewer_user=bob, status="in_progress"), "review", acting(scout))
    run_relay()
    assert told() == {("review_requested", "bob")}
    step(a_task(project, on=(scout, viewer), status="in_progress"), "review", acting(scout))
    run_relay()
    assert told() - {("review_requested", "bob")} == {("review_requested", "ada"), ("status_change", "vic")}


def test_a_change_of_status_reaches_assignees_subscribers_and_reviewer() -> None:
    project = a_project()
    ada, bob, cy, dee = (a_person(project, name) for name in ("ada", "bob", "cy", "dee"))
    task = a_task(project, on=(bob,), reviewer_user=cy, status="in_progress")
    Subscription.objects.create(task=task, user=dee)
    step(task, "blocked", acting(ada), reason="no key")
    run_relay()
    assert told() == {("status_change", name) for name in ("bob", "cy", "dee")}
    assert "no key" in Notification.objects.get(user=bob).summary


def test_an_agent_learns_of_its_fresh_lease() -> None:
    project = a_project()
    ada, scout = a_person(project, "ada"), an_agent(project, "scout")
    task = a_task(project, on=(scout,), status="review")
    step(task, "in_progress", acting(ada), lease={"agent": str(scout.pk), "token": 4})
    run_relay()
    assert "token 4" in Notification.objects.get(agent=scout).summary


def test_an_agents_message_on_a_task_at_rest_reaches_no_other_agent_and_a_persons_does() -> None:
    project = a_project()
    ada = a_person(project, "ada")
    scout, other = an_agent(project, "scout"), an_agent(project, "other")
    for status in ("blocked", "done"):
        Notification.objects.all().delete()
        closed = timezone.now() if status == "done" else None
        task = a_task(project, on=(scout, other), status=status, completed_at=closed)
        say(task, scout, "Thanks!")
        run_relay()
        assert told() == set()
        skipped = Notification.objects.get()
        assert (skipped.agent, skipped.state) == (other, "skipped")
        assert skipped.reason == f"an agent's message on a task that is {status} reaches no other agent"
        say(task, ada, "Why did this happen?")
        run_relay()
        assert told() == {("thread_update", "scout"), ("thread_update", "other")}


def test_moving_the_task_back_needs_no_flag() -> None:
    project = a_project()
    scout, other = an_agent(project, "scout"), an_agent(project, "other")
    task = a_task(project, on=(scout, other), status="blocked")
    say(task, scout, "Held back")
    run_relay()
    Task.objects.filter(pk=task.pk).update(status="in_progress")
    say(task, scout, "Goes through")
    run_relay()
    rows = Notification.objects.filter(agent=other).order_by("seq").values_list("state", "summary")
    states = [(state, summary.split(": ")[1]) for state, summary in rows]
    assert states == [("skipped", "Held back"), ("pending", "Goes through")]


def test_an_answer_between_agents_reaches_only_assignees() -> None:
    project = a_project()
    scout, helper, watcher = (an_agent(project, name) for name in ("scout", "helper", "watcher"))
    task = a_task(project, on=(scout,), status="in_progress", reviewer_agent=watcher)
    first = say(task, scout, "First")
    say(task, helper, "Answer", reply_to=first)
    run_relay()
    rows = Notification.objects.filter(seq=2)
    assert {(row.agent, row.state) for row in rows} == {(scout, "pending"), (watcher, "skipped")}


def test_an_approval_asks_operators_and_tells_the_requester() -> None:
    project = a_project()
    a_person(project, "ada", role="owner"), a_person(project, "bob"), a_person(project, "vic", role="viewer")
    scout = an_agent(project, "scout")
    approval = Approval.objects.create(
        project=project,
        requester_agent=scout,
        actor_kind="agent",
        actor_id=str(scout.pk),
        actor_name="scout",
        action_type="deploy",
        summary="Deploy it",
        payload_hash="0",
        expires_at=timezone.now(),
    )
    _approval_event(approval, "approval.requested", acting(scout), status="pending")
    run_relay()
    assert told() == {("approval_requested", "ada"), ("approval_requested", "bob")}
    _approval_event(approval, "approval.decided", HOUSE, status="pending")
    run_relay()
    assert len(told()) == 2
    _approval_event(approval, "approval.decided", HOUSE, status="denied")
    run_relay()
    assert ("approval_decided", "scout") in told()
    assert Notification.objects.get(agent=scout).summary == "Your request was denied: Deploy it"


def test_an_alert_tells_the_agents_operator_else_those_who_answer_for_the_project() -> None:
    project = a_project()
    ada, _bob = a_person(project, "ada"), a_person(project, "bob")
    scout = an_agent(project, "scout", operator=ada)
    for number, agent in enumerate((scout, None)):
        alert = Alert.objects.create(
            project=project, kind="offline", title="It is silent", agent=agent, dedupe_key=str(number)
        )
        with unit():
            record(
                project_id=project.pk, type="alert.raised", actor=HOUSE, target=("alert", alert.pk), data={}
            )
    run_relay()
    rows = Notification.objects.order_by("seq", "user__username").values_list("seq", "user__username")
    assert list(rows) == [(1, "ada"), (2, "ada"), (2, "bob")]


def _approval_event(approval: Approval, type_: str, actor: Any, **data: Any) -> None:
    with unit():
        record(
            project_id=approval.project_id,
            type=type_,
            actor=actor,
            target=("approval", approval.pk),
            data=data,
        )
