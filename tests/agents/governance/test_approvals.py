"""Asking a person first: what a request does to its task, and what every answer does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents.models import Approval
from agents.queries.credentials import agent_actor
from agents.services import approvals, decisions
from agents.services.approvals import get_approval, on_approved, payload_hash, request_approval, use_grant
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict, DomainError, Forbidden, NotFound, Refused
from tasks.errors import LeaseHeld, NotYourTask, TransitionRefused
from tasks.models import Transition
from tasks.services.assigning import assign
from tasks.services.transition import Step, transition

from .builders import (
    CHECKLIST,
    DELIVERABLE,
    World,
    a_person,
    a_task,
    a_world,
    an_agent,
    ask,
    events,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return a_world()


def overdue(approval: Approval) -> None:
    """Let the request's time run out."""
    then = database_now() - timedelta(seconds=1)
    Approval.objects.filter(pk=approval.pk).update(expires_at=then)


def test_a_request_parks_its_task_and_ends_the_lease(world: World) -> None:
    approval = ask(world)
    task = world.now()
    assert (task.status, task.return_status, task.holder_id) == ("needs_approval", "in_progress", None)
    assert (approval.status, approval.risk, approval.requester_agent) == ("pending", "yellow", world.agent)
    step = Transition.objects.filter(task=task).latest("id")
    assert (step.actor_kind, step.to_status, step.automatic) == ("system", "needs_approval", True)
    [event] = events(world.project, "approval.")
    assert (event.type, event.target_id, event.actor_kind) == (
        "approval.requested",
        str(approval.pk),
        "agent",
    )
    assert event.data["key"] == task.key
    assert event.data["requester"]["id"] == str(world.agent.pk)


def test_the_payload_hash_does_not_depend_on_the_order_of_members(world: World) -> None:
    approval = ask(world, payload={"b": 1, "a": [1, 2]})
    assert approval.payload_hash == payload_hash({"a": [1, 2], "b": 1})
    assert approval.payload_hash != payload_hash({"a": [2, 1], "b": 1})


@pytest.mark.parametrize(("action", "hours"), [("deploy", 1), ("review", 24)])
def test_a_request_lives_an_hour_and_a_review_a_day(world: World, action: str, hours: int) -> None:
    approval = ask(world, action_type=action)
    assert approval.expires_at - approval.created_at == timedelta(hours=hours)


def test_asking_the_same_again_answers_the_request_that_waits(world: World) -> None:
    first, second = ask(world), ask(world)
    assert first == second
    assert Approval.objects.count() == 1


def test_an_agent_asks_about_its_own_task_only(world: World) -> None:
    other = a_task(world.project, "Somebody else's")
    with pytest.raises(NotYourTask):
        ask(world, task=other)
    assert not Approval.objects.exists()


def test_an_agent_does_not_end_the_lease_of_another(world: World) -> None:
    second = an_agent(world.project, "second").agent
    assign(actor=world.ann, task=world.now(), agents=[second], mode="add")
    with pytest.raises(LeaseHeld):
        ask(world, actor=agent_actor(second, None))
    assert world.now().holder_id == world.agent.pk


def test_a_finished_task_waits_for_nothing(world: World) -> None:
    done = transition(actor=world.ann, task=world.now(), step=Step(to="done", override=True, reason="Enough"))
    with pytest.raises(TransitionRefused):
        ask(world, task=done, actor=world.bob)
    assert not Approval.objects.exists()


def test_a_task_of_another_project_is_not_found(world: World) -> None:
    other = a_world("beta")
    with pytest.raises(NotFound):
        request_approval(
            actor=world.ann, project=world.project, task=other.task, action_type="deploy", summary="Deploy"
        )


def test_approved_sends_the_task_back_with_a_fresh_lease(world: World) -> None:
    token = world.now().lease_token
    approval = decisions.approve(actor=world.ann, approval=ask(world))
    task = world.now()
    assert (approval.status, task.status, task.return_status) == ("approved", "in_progress", "")
    assert (task.holder_id, task.lease_token) == (world.agent.pk, token + 1)
    decided = events(world.project, "approval.decided")[0]
    assert (decided.data["status"], decided.actor_name) == ("approved", world.ann.name)
    assert approval.decisions.get().approve is True


@pytest.mark.parametrize("status", ["inbox", "ready", "assigned", "review", "blocked"])
def test_the_task_goes_back_where_it_was(world: World, status: str) -> None:
    reason = "Waits for legal"
    if status in {"inbox", "ready"}:
        task = a_task(world.project, priority=3 if status == "ready" else None)
    else:
        step = Step(to=status, override=True, reason=reason, deliverable=DELIVERABLE, checklist=CHECKLIST)
        task = transition(actor=world.ann, task=world.now(), step=step)
    assert task.status == status
    approval = ask(world, actor=world.bob, task=task)
    decisions.approve(actor=world.ann, approval=approval)
    task.refresh_from_db()
    assert task.status == status
    assert task.blocked_reason == (reason if status == "blocked" else "")


def test_a_task_whose_assignees_left_goes_back_to_the_inbox(world: World) -> None:
    approval = ask(world)
    world.task.assignments.all().delete()
    decisions.approve(actor=world.ann, approval=approval)
    assert world.now().status == "inbox"


def test_the_task_waits_until_the_last_request_is_decided(world: World) -> None:
    first = ask(world, actor=world.bob)
    second = ask(world, actor=world.bob, payload={"env": "staging"})
    decisions.approve(actor=world.ann, approval=first)
    assert world.now().status == "needs_approval"
    decisions.approve(actor=world.ann, approval=second)
    assert world.now().status == "in_progress"


def test_denied_blocks_the_task_with_the_reason(world: World) -> None:
    approval = decisions.deny(actor=world.ann, approval=ask(world), reason="Not on a Friday")
    task = world.now()
    assert (approval.status, task.status) == ("denied", "blocked")
    assert (task.block_cause, task.blocked_by) == ("approval", "system")
    assert "Not on a Friday" in task.blocked_reason
    assert events(world.project, "approval.decided")[0].data["reason"] == "Not on a Friday"


def test_a_denial_needs_a_reason(world: World) -> None:
    approval = ask(world)
    with pytest.raises(Refused) as refused:
        decisions.deny(actor=world.ann, approval=approval, reason="  ")
    assert refused.value.errors[0].field == "reason"
    approval.refresh_from_db()
    assert (approval.status, world.now().status) == ("pending", "needs_approval")


def test_the_requester_decides_nothing(world: World) -> None:
    approval = ask(world, actor=world.ann)
    for refused in (decisions.approve, decisions.deny):
        with pytest.raises(Forbidden):
            refused(actor=world.ann, approval=approval, reason="I say so")
    assert decisions.approve(actor=world.bob, approval=approval).status == "approved"


def test_neither_viewers_nor_agents_decide(world: World) -> None:
    approval = ask(world, actor=world.ann)
    for actor in (world.vic, world.asker):
        with pytest.raises(Forbidden):
            decisions.approve(actor=actor, approval=approval)
    assert not approval.decisions.exists()


def test_red_needs_two_different_people(world: World) -> None:
    approval = ask(world, risk="red")
    first = decisions.approve(actor=world.ann, approval=approval)
    assert (first.status, world.now().status) == ("pending", "needs_approval")
    with pytest.raises(Conflict) as again:
        decisions.approve(actor=world.ann, approval=approval)
    assert again.value.code == "already_approved"
    second = decisions.approve(actor=world.bob, approval=approval)
    assert (second.status, world.now().status) == ("approved", "in_progress")
    types = [event.type for event in events(world.project, "approval.")]
    assert types == ["approval.requested", "approval.seconded", "approval.decided"]


def test_one_denial_is_enough_for_red(world: World) -> None:
    approval = ask(world, risk="red")
    decisions.approve(actor=world.ann, approval=approval)
    assert decisions.deny(actor=world.bob, approval=approval, reason="No").status == "denied"


def test_who_approved_red_may_still_say_no(world: World) -> None:
    approval = ask(world, risk="red")
    decisions.approve(actor=world.ann, approval=approval)
    assert decisions.deny(actor=world.ann, approval=approval, reason="I was wrong").status == "denied"
    assert approval.decisions.get().approve is False


def test_deciding_twice_is_refused(world: World) -> None:
    approval = decisions.approve(actor=world.ann, approval=ask(world))
    with pytest.raises(Conflict) as refused:
        decisions.deny(actor=world.bob, approval=approval, reason="Too late")
    assert refused.value.code == "approval_decided"
    assert world.now().status == "in_progress"


def test_a_decision_after_the_expiry_loses_before_the_job_has_run(world: World) -> None:
    approval = ask(world)
    overdue(approval)
    with pytest.raises(Conflict) as refused:
        decisions.approve(actor=world.ann, approval=approval)
    assert refused.value.code == "approval_expired"
    approval.refresh_from_db()
    task = world.now()
    assert (approval.status, task.status, task.block_cause) == ("expired", "blocked", "approval")
    assert events(world.project, "approval.expired")
    assert not approval.decisions.exists()


def test_the_job_expires_what_is_due_and_nothing_else(world: World) -> None:
    due, live = ask(world), ask(a_world("beta"))
    overdue(due)
    assert decisions.expire_due() == 1
    assert decisions.expire_due() == 0
    due.refresh_from_db()
    live.refresh_from_db()
    assert (due.status, live.status, world.now().status) == ("expired", "pending", "blocked")


def test_a_request_escalates_once_after_half_its_life(world: World) -> None:
    approval = ask(world)
    half = approval.created_at + timedelta(minutes=30)
    assert decisions.escalate_due(now=half - timedelta(seconds=1)) == 0
    assert decisions.escalate_due(now=half) == 1
    assert decisions.escalate_due(now=half) == 0
    approval.refresh_from_db()
    assert approval.escalated_at == half
    assert len(events(world.project, "approval.escalated")) == 1


def test_its_requester_takes_a_request_back(world: World) -> None:
    approval = decisions.cancel(actor=world.asker, approval=ask(world))
    assert (approval.status, world.now().status) == ("canceled", "in_progress")
    assert events(world.project, "approval.canceled")


def test_another_agent_or_a_viewer_cancels_nothing(world: World) -> None:
    approval = ask(world)
    for actor in (agent_actor(an_agent(world.project, "second").agent, None), world.vic):
        with pytest.raises(Forbidden):
            decisions.cancel(actor=actor, approval=approval)
    assert decisions.cancel(actor=world.bob, approval=approval).status == "canceled"


@pytest.mark.parametrize("answer", ["approve", "deny", "cancel"])
def test_a_task_that_left_meanwhile_is_not_moved(world: World, answer: str) -> None:
    approval = ask(world)
    transition(actor=world.ann, task=world.now(), step=Step(to="blocked", reason="On hold"))
    getattr(decisions, answer)(actor=world.bob, approval=approval, reason="Because")
    task = world.now()
    assert (task.status, task.blocked_reason) == ("blocked", "On hold")


def test_closing_a_task_takes_its_requests_back(world: World) -> None:
    approval = ask(world)
    transition(actor=world.ann, task=world.now(), step=Step(to="canceled", reason="Not wanted"))
    approval.refresh_from_db()
    assert approval.status == "canceled"
    assert world.now().status == "canceled"


def test_a_grant_is_good_once_and_for_its_payload(world: World) -> None:
    approval = ask(world)
    digest = approval.payload_hash
    for expected in ("not_approved", "grant_mismatch", None, "grant_used"):
        if expected == "grant_mismatch":
            decisions.approve(actor=world.ann, approval=approval)
        given = payload_hash({"env": "other"}) if expected == "grant_mismatch" else digest
        if expected is None:
            assert use_grant(actor=world.asker, approval=approval, payload_hash=given).grant_used_at
            continue
        with pytest.raises(DomainError) as refused:
            use_grant(actor=world.asker, approval=approval, payload_hash=given)
        assert refused.value.code == expected
    assert len(events(world.project, "approval.grant_used")) == 1


def test_only_the_requester_uses_a_grant(world: World) -> None:
    approval = decisions.approve(actor=world.ann, approval=ask(world))
    with pytest.raises(Forbidden):
        use_grant(actor=world.bob, approval=approval, payload_hash=approval.payload_hash)


def test_done_needs_an_approval_where_the_project_says_so() -> None:
    world = a_world("strict", done_needs_approval=True)
    step = Step(to="review", deliverable=DELIVERABLE, checklist=CHECKLIST)
    review = transition(actor=world.asker, task=world.now(), step=step)
    with pytest.raises(TransitionRefused) as refused:
        transition(actor=world.ann, task=review, step=Step(to="done"))
    assert [error.field for error in refused.value.errors] == ["approval"]
    assert "done" not in refused.value.extra["allowed_transitions"]
    decisions.approve(actor=world.ann, approval=ask(world, task=review, action_type="close"))
    assert world.now().status == "review"
    assert transition(actor=world.ann, task=world.now(), step=Step(to="done")).status == "done"


def test_a_claim_request_leaves_the_task_and_acts_when_approved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(approvals, "_on_approved", {})
    ready = a_task(world.project, "Free to take")
    seen: list[Any] = []
    on_approved("claim", lambda approval, actor: seen.append((approval.summary, actor.name)))
    approval = ask(world, task=ready, action_type="claim", summary="Take it")
    ready.refresh_from_db()
    assert ready.status == "ready"
    decisions.approve(actor=world.ann, approval=approval)
    assert seen == [("Take it", world.ann.name)]


def test_a_claim_request_denied_leaves_the_task(world: World) -> None:
    ready = a_task(world.project, "Free to take")
    approval = ask(world, task=ready, action_type="claim", summary="Take it")
    decisions.deny(actor=world.ann, approval=approval, reason="Not you")
    ready.refresh_from_db()
    assert ready.status == "ready"


def test_an_approval_of_another_project_is_not_found(world: World) -> None:
    approval = ask(world)
    stranger = a_world("beta")
    for actor in (stranger.ann, stranger.asker):
        with pytest.raises(NotFound):
            get_approval(actor, str(approval.pk))
    assert get_approval(a_person(world.project, "eve", "viewer"), str(approval.pk)) == approval
