"""What a claim promises: the answer, the row, the event."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.errors import ClaimLost
from agents.models import Alert, Approval
from agents.queries.why import why
from agents.services import leasing
from agents.services.claims import claim
from agents.services.decisions import approve
from agents.services.leasing import expire_leases, release, renew, take_away
from missioncontrol.kernel.errors import Forbidden, NotFound, Refused
from tasks.errors import AgentHalted, AtCapacity, LeaseHeld, StaleLease
from tasks.models import Event, Task, Transition
from tasks.services.assigning import assign
from tasks.services.projects import set_global_mode, set_mode
from tasks.services.tasks import edit_task, report_progress
from tasks.services.transition import Step, transition
from tests.agents.building import HOUSE, a_member, a_project, actor_of
from tests.agents.claims.building import PLAN, a_ready_task, an_agent

pytestmark = pytest.mark.django_db


def test_the_next_task_is_the_most_urgent_then_the_oldest() -> None:
    project = a_project()
    _, actor = an_agent(project, max_concurrent_tasks=9)
    late, early = a_ready_task(project, "late", priority=2), a_ready_task(project, "urgent", priority=1)
    low = a_ready_task(project, "low", priority=4)
    third = a_ready_task(project, "third", priority=2)
    expected = [early.key, late.key, third.key, low.key]
    got = [outcome.task.key for _ in range(4) if (outcome := claim(actor=actor)) and outcome.task]
    assert got == expected
    assert claim(actor=actor) is None


def test_what_is_assigned_to_the_agent_comes_first() -> None:
    project = a_project()
    agent, actor = an_agent(project)
    a_ready_task(project, "urgent", priority=1)
    mine = assign(actor=HOUSE, task=a_ready_task(project, "mine", priority=4), agents=[agent])
    outcome = claim(actor=actor)
    assert outcome and outcome.task and outcome.task.key == mine.key


def test_a_claim_gives_a_lease_and_leaves_a_guarded_task_assigned() -> None:
    project = a_project()
    agent, actor = an_agent(project)
    a_ready_task(project)
    outcome = claim(actor=actor, lease_s=60)
    assert outcome and outcome.task
    row = Task.objects.get(pk=outcome.task.pk)
    assert (row.status, row.holder_id, row.lease_token, row.lease_s) == ("assigned", agent.pk, 1, 60)
    assert row.lease_expires_at is not None
    assert timedelta(seconds=50) < row.lease_expires_at - timezone.now() <= timedelta(seconds=60)
    types = list(Event.objects.filter(target_id=str(row.pk)).order_by("seq").values_list("type", flat=True))
    assert types[-2:] == ["task.transitioned", "task.claimed"]


def test_a_light_project_starts_work_with_the_claim() -> None:
    project = a_project(workflow="light")
    _, actor = an_agent(project)
    a_ready_task(project)
    outcome = claim(actor=actor)
    assert outcome and outcome.task and outcome.task.status == "in_progress"
    assert Task.objects.get().started_at is not None


def test_the_inbox_feeds_claims_only_where_triage_is_off() -> None:
    project = a_project(auto_triage=False)
    _, actor = an_agent(project)
    task = a_ready_task(project)
    assert task.status == "inbox"
    outcome = claim(actor=actor)
    assert outcome and outcome.task and outcome.task.status == "assigned"


@pytest.mark.parametrize(
    ("agent_fields", "task_fields"),
    [
        ({"skills": ["sql"]}, {"required_skills": ["sql", "python"]}),
        ({"task_types": ["docs"]}, {"type": "ops"}),
    ],
)
def test_an_agent_gets_only_what_it_is_fit_for(agent_fields: dict, task_fields: dict) -> None:  # type: ignore[type-arg]
    project = a_project()
    agent, actor = an_agent(project, **agent_fields)
    task = a_ready_task(project, **task_fields)
    assert claim(actor=actor) is None
    told = why(task, timezone.now())["agents"][0]
    assert (told["agent"], told["eligible"]) == (agent.slug, False)
    with pytest.raises(ClaimLost):
        claim(actor=actor, task_ref=task.key)
    _, able = an_agent(project, "able", skills=["sql", "python", "go"])
    outcome = claim(actor=able)
    assert outcome and outcome.task and outcome.task.key == task.key


def test_a_task_that_waits_for_others_is_not_claimable() -> None:
    project = a_project(auto_triage=False)
    _, actor = an_agent(project, max_concurrent_tasks=5)
    first = a_ready_task(project, "first", priority=4)
    second = a_ready_task(project, "second", priority=1, dependencies=[first])
    outcome = claim(actor=actor)
    assert outcome and outcome.task and outcome.task.key == first.key
    assert claim(actor=actor) is None
    with pytest.raises(ClaimLost, match="waits for 1"):
        claim(actor=actor, task_ref=second.key)


def test_a_lost_named_claim_tells_the_holder_and_changes_nothing() -> None:
    project = a_project()
    _, first = an_agent(project, "first")
    _, second = an_agent(project, "second")
    task = a_ready_task(project)
    claim(actor=first, task_ref=task.key)
    before = Event.objects.count()
    with pytest.raises(ClaimLost) as lost:
        claim(actor=second, task_ref=str(task.pk))
    assert lost.value.status == 409
    assert lost.value.extra["holder"] == "first"
    assert Event.objects.count() == before


def test_claiming_what_one_holds_answers_the_same_lease() -> None:
    project = a_project()
    _, actor = an_agent(project)
    task = a_ready_task(project)
    first = claim(actor=actor, task_ref=task.key)
    again = claim(actor=actor, task_ref=task.key)
    assert first and again and first.task and again.task
    assert first.task.lease_token == again.task.lease_token == 1


def test_an_agent_at_capacity_is_told_what_it_holds() -> None:
    project = a_project()
    _, actor = an_agent(project)
    held = a_ready_task(project)
    a_ready_task(project, "another")
    claim(actor=actor)
    with pytest.raises(AtCapacity) as full:
        claim(actor=actor)
    assert full.value.extra["holding"] == [held.key]


def test_a_task_of_another_project_is_not_found() -> None:
    ours, theirs = a_project(), a_project("zeus")
    _, actor = an_agent(ours)
    task = a_ready_task(theirs)
    with pytest.raises(NotFound):
        claim(actor=actor, task_ref=task.key)


@pytest.mark.parametrize("mode", ["draining", "paused", "quarantined"])
def test_no_mode_but_normal_lets_an_agent_start(mode: str) -> None:
    project = a_project()
    _, actor = an_agent(project)
    a_ready_task(project)
    set_mode(actor=HOUSE, project=project, mode=mode, reason="night")
    with pytest.raises(AgentHalted) as halted:
        claim(actor=actor)
    assert halted.value.code == mode
    set_mode(actor=HOUSE, project=project, mode="normal")
    set_global_mode(actor=HOUSE, mode=mode)
    with pytest.raises(AgentHalted):
        claim(actor=actor)
    assert Task.objects.get().status == "ready"


def test_the_state_that_counts_is_the_one_at_the_claim_not_at_the_credential() -> None:
    project = a_project()
    agent, actor = an_agent(project)
    a_ready_task(project)
    agent.state = "paused"
    agent.save()
    assert actor.state == "active"
    with pytest.raises(AgentHalted):
        claim(actor=actor)


def test_a_stale_lease_writes_nothing() -> None:
    project = a_project()
    _, dead = an_agent(project, "dead")
    _, heir = an_agent(project, "heir")
    task = a_ready_task(project)
    claim(actor=dead)
    expire_leases(now=timezone.now() + timedelta(hours=1))
    claim(actor=heir)
    before = Task.objects.values().get(pk=task.pk)
    for token in (1, 2, 99):
        with pytest.raises(StaleLease):
            transition(actor=dead, task=task, step=Step(to="in_progress", work_plan=PLAN, lease_token=token))
        with pytest.raises(StaleLease):
            edit_task(actor=dead, task=task, changes={"progress": 50}, lease_token=token)
    assert Task.objects.values().get(pk=task.pk) == before


def test_an_expired_lease_returns_the_task_and_alerts() -> None:
    project = a_project()
    agent, actor = an_agent(project)
    task = a_ready_task(project)
    claim(actor=actor)
    assert expire_leases() == 0
    assert expire_leases(now=timezone.now() + timedelta(seconds=1801)) == 1
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.holder_id, row.abandoned_attempts) == ("ready", None, 1)
    assert not row.assignments.exists()
    assert Event.objects.filter(type="task.lease_expired", target_id=str(task.pk)).count() == 1
    assert Alert.objects.get().agent == agent
    assert expire_leases(now=timezone.now() + timedelta(seconds=1801)) == 0


def test_a_lease_that_cannot_be_ended_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    project = a_project()
    tasks = [a_ready_task(project) for _ in range(2)]
    for name in ("bolt", "iris"):
        claim(actor=an_agent(project, name)[1])
    stock = leasing.raise_alert

    def fail_on_the_first(**alert: Any) -> Any:
        if alert["task"].pk == tasks[0].pk:
            raise RuntimeError("no alert today")
        return stock(**alert)

    monkeypatch.setattr(leasing, "raise_alert", fail_on_the_first)
    assert expire_leases(now=timezone.now() + timedelta(seconds=1801)) == 1
    assert [Task.objects.get(pk=task.pk).status for task in tasks] == ["assigned", "ready"]


def test_the_third_abandoned_attempt_blocks_the_task_with_the_reason() -> None:
    project = a_project()
    _, actor = an_agent(project)
    task = a_ready_task(project)
    for _ in range(3):
        claim(actor=actor)
        expire_leases(now=timezone.now() + timedelta(hours=1))
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.block_cause, row.blocked_by) == ("blocked", "abandoned", "system")
    assert "3 times" in row.blocked_reason
    assert claim(actor=actor) is None


def test_every_write_renews_the_lease() -> None:
    project = a_project()
    _, actor = an_agent(project)
    task = a_ready_task(project)
    claim(actor=actor, lease_s=100)
    Task.objects.update(lease_expires_at=timezone.now() + timedelta(seconds=5))
    task = report_progress(actor=actor, task=task, progress=10)
    assert task.lease_expires_at is not None
    assert task.lease_expires_at > timezone.now() + timedelta(seconds=90)
    Task.objects.update(lease_expires_at=timezone.now() + timedelta(seconds=5))
    task = renew(actor=actor, task=task, lease_token=1)
    assert task.lease_expires_at is not None
    assert task.lease_expires_at > timezone.now() + timedelta(seconds=90)


def test_releasing_gives_the_task_back_to_everybody() -> None:
    project = a_project()
    _, actor = an_agent(project)
    helper, other = an_agent(project, "other")
    task = a_ready_task(project)
    claim(actor=actor)
    assign(actor=HOUSE, task=task, agents=[helper], mode="add")
    with pytest.raises(LeaseHeld):
        release(actor=other, task=task)
    released = release(actor=actor, task=task, handover="Stuck on the API.")
    assert (released.status, released.holder_id) == ("assigned", None)
    assert released.assignments.get().agent_id == other.agent_id
    outcome = claim(actor=other)
    assert outcome and outcome.task and outcome.task.lease_token == 2


def test_a_finished_task_has_no_lease_to_renew() -> None:
    project = a_project(workflow="light")
    _, actor = an_agent(project)
    task = a_ready_task(project)
    claim(actor=actor)
    transition(actor=actor, task=task, step=Step(to="review", deliverable={"summary": "s"}))
    with pytest.raises(Refused) as refused:
        renew(actor=actor, task=task)
    assert refused.value.code == "no_lease"


def test_changes_requested_give_the_last_holder_a_fresh_lease() -> None:
    project = a_project(workflow="light")
    agent, actor = an_agent(project)
    task = a_ready_task(project)
    claim(actor=actor)
    transition(actor=actor, task=task, step=Step(to="review"))
    person = actor_of(a_member(project))
    back = transition(actor=person, task=task, step=Step(to="in_progress", reason="Not yet."))
    assert (back.holder_id, back.lease_token, back.review_cycles) == (agent.pk, 2, 1)
    told = Event.objects.filter(type="task.transitioned").latest("seq").data
    assert told["lease"] == {"agent": str(agent.pk), "token": 2}


def test_reassigning_ends_the_lease_at_once() -> None:
    project = a_project()
    _, actor = an_agent(project)
    heir, _ = an_agent(project, "heir")
    task = a_ready_task(project)
    claim(actor=actor)
    task = assign(actor=HOUSE, task=task, agents=[heir], mode="set")
    assert (task.holder_id, task.status) == (None, "assigned")
    with pytest.raises(StaleLease):
        edit_task(actor=actor, task=task, changes={"progress": 5}, lease_token=1)


def test_taking_away_returns_every_held_task_without_blame() -> None:
    project = a_project()
    agent, actor = an_agent(project, max_concurrent_tasks=2)
    a_ready_task(project), a_ready_task(project)
    claim(actor=actor), claim(actor=actor)
    assert take_away(actor=HOUSE, agent=agent, reason="quarantined") == 2
    assert set(Task.objects.values_list("status", "abandoned_attempts")) == {("ready", 0)}


def test_a_claim_in_a_semi_autonomous_project_waits_for_an_operator() -> None:
    project = a_project(autonomy="semi_autonomous")
    agent, actor = an_agent(project)
    task = a_ready_task(project)
    asked = claim(actor=actor)
    assert asked and asked.task is None and asked.approval is not None
    again = claim(actor=actor)
    assert again and again.approval == asked.approval
    assert Task.objects.get(pk=task.pk).status == "ready"
    approve(actor=actor_of(a_member(project)), approval=Approval.objects.get())
    assert Task.objects.get(pk=task.pk).assignments.get().agent_id == agent.pk
    granted = claim(actor=actor)
    assert granted and granted.task and granted.task.key == task.key


def test_a_refused_claim_leaves_no_trace_in_the_history() -> None:
    project = a_project()
    _, actor = an_agent(project)
    before = Event.objects.count(), Transition.objects.count()
    assert claim(actor=actor) is None
    with pytest.raises(Refused):
        claim(actor=actor, lease_s=5)
    assert (Event.objects.count(), Transition.objects.count()) == before


def test_starting_without_a_claim_is_bound_by_the_same_capacity_and_modes() -> None:
    project = a_project()
    agent, actor = an_agent(project)
    first, second = (assign(actor=HOUSE, task=a_ready_task(project), agents=[agent]) for _ in range(2))
    transition(actor=actor, task=first, step=Step(to="in_progress", work_plan=PLAN))
    with pytest.raises(AtCapacity) as full:
        transition(actor=actor, task=second, step=Step(to="in_progress", work_plan=PLAN))
    assert full.value.extra["holding"] == [first.key]
    with pytest.raises(AtCapacity):
        report_progress(actor=actor, task=second, progress=5)
    transition(actor=actor, task=first, step=Step(to="blocked", reason="Wait."))
    drained = replace(actor, state="drained")
    with pytest.raises(AgentHalted):
        transition(actor=drained, task=second, step=Step(to="in_progress", work_plan=PLAN))
    assert Task.objects.get(pk=second.pk).status == "assigned"
    assert (
        transition(actor=actor, task=second, step=Step(to="in_progress", work_plan=PLAN)).holder_id
        == agent.pk
    )


def test_the_heir_of_a_task_in_progress_claims_it_by_name() -> None:
    project = a_project()
    _, actor = an_agent(project)
    heir_row, heir = an_agent(project, "heir")
    task = a_ready_task(project)
    claim(actor=actor)
    transition(actor=actor, task=task, step=Step(to="in_progress", work_plan=PLAN))
    assign(actor=HOUSE, task=task, agents=[heir_row], mode="set")
    outcome = claim(actor=heir, task_ref=task.key)
    assert outcome and outcome.task
    assert (outcome.task.status, outcome.task.holder_id, outcome.task.lease_token) == (
        "in_progress",
        heir_row.pk,
        2,
    )


def test_an_agent_sets_neither_its_budget_nor_its_judge() -> None:
    project = a_project()
    _, actor = an_agent(project)
    task = a_ready_task(project)
    claim(actor=actor)
    for changes in ({"budget": 99}, {"reviewer": None}):
        with pytest.raises(Forbidden) as refused:
            edit_task(actor=actor, task=task, changes=changes)
        assert refused.value.code == "not_for_agents"
    assert Task.objects.get(pk=task.pk).budget is None
