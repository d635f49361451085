"""Undo: everything a change altered is as it was, and nobody but its maker can do that, nor later, nor over others."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Approval
from agents.services.approvals import request_approval
from agents.services.claims import claim
from agents.services.loops import scan_task
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Forbidden, NotFound
from tasks.errors import UndoRefused
from tasks.models import Change, Label, Project, Review, Subscription, Task, Transition
from tasks.services import audit, board
from tasks.services.bulk import change_each, labelling, prioritising
from tasks.services.dependencies import add_dependency
from tasks.services.tasks import edit_task, report_progress
from tasks.services.thread import post_message
from tasks.services.transition import Step, transition
from tasks.services.undo import forget_images, get_change, last_change, prolong, release_due, undo_each
from tasks.services.undoable import undoable
from tests.agents.building import events
from tests.tasks.building import (
    CHECKLIST,
    DELIVERABLE,
    PLAN,
    a_member,
    a_project,
    a_task,
    actor_of,
    an_agent,
    forced,
)
from tests.tasks.undo.building import assigned, let_time_pass, made, moved, row_of, stepped, undone

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return a_project()


@pytest.fixture
def ada(project: Project) -> Actor:
    return actor_of(a_member(project))


@pytest.fixture
def bob(project: Project) -> Actor:
    return actor_of(a_member(project, "bob", "operator"))


def working(project: Project, ada: Actor, slug: str = "bolt", **fields: Any) -> tuple[Task, Any, Actor]:
    """A task an agent holds and works on."""
    agent, actor = an_agent(project, slug, **fields)
    task = a_task(project, agents=[agent])
    claim(actor=actor, task_ref=task.key)
    task = transition(actor=actor, task=task, step=Step(to="in_progress", work_plan=PLAN))
    return task, agent, actor


@pytest.mark.parametrize(
    ("origin", "to", "more"),
    [
        ("inbox", "canceled", {"reason": "No."}),
        ("ready", "inbox", {}),
        ("ready", "blocked", {"reason": "Wait."}),
        ("review", "done", {}),
        ("review", "in_progress", {"override": True, "reason": "Again."}),
        ("review", "canceled", {"reason": "No."}),
        ("blocked", "ready", {"override": True, "reason": "Go."}),
        ("failed", "ready", {"reason": "Again."}),
        ("done", "review", {"reason": "Look again."}),
        ("done", "canceled", {"reason": "No.", "override": True}),
        ("needs_approval", "canceled", {"reason": "No."}),
    ],
)
def test_every_step_of_a_person_can_be_taken_back_to_the_last_column(
    project: Project, ada: Actor, origin: str, to: str, more: dict[str, Any]
) -> None:
    task = a_task(project)
    if origin != "ready":
        task = forced(task, origin)
    before = row_of(task)
    change = moved(ada, task, to, **more)
    assert Task.objects.get(pk=task.pk).status == to

    after = undone(ada, change)

    assert row_of(task) == before
    assert after.status == origin
    row = Transition.objects.filter(task=task).latest("id")
    assert (row.from_status, row.to_status, row.undoes_id, row.actor_name) == (to, origin, change.pk, "ada")
    told = events(project)[-1]
    assert (told.type, told.data["undoes"], told.data["after"]) == (
        "task.transitioned", str(change.pk), {"status": origin},
    )  # fmt: skip
    assert audit.verify_chain(project).ok


def test_the_same_lease_goes_on_with_its_token_and_the_time_it_had(project: Project, ada: Actor) -> None:
    task, agent, actor = working(project, ada)
    lease = Task.objects.values("lease_token", "lease_expires_at").get(pk=task.pk)
    change = stepped(ada, task, "canceled", reason="No.")
    assert Task.objects.get(pk=task.pk).holder_id is None

    after = undone(ada, change)

    assert (after.holder_id, after.lease_token) == (agent.pk, lease["lease_token"])
    assert after.lease_expires_at is not None and after.lease_expires_at >= lease["lease_expires_at"]
    saved = report_progress(actor=actor, task=task, progress=40, lease_token=lease["lease_token"])
    assert saved.progress == 40


def test_a_lease_given_meanwhile_makes_the_token_grow_and_its_holder_is_told(
    project: Project, ada: Actor
) -> None:
    task, agent, _ = working(project, ada)
    token = Task.objects.get(pk=task.pk).lease_token
    first = stepped(ada, task, "blocked", reason="Wait.")
    second = stepped(ada, task, "in_progress")
    assert Task.objects.get(pk=task.pk).lease_token == token + 1

    after = undone(ada, first, second)

    assert (after.status, after.holder_id, after.lease_token) == ("in_progress", agent.pk, token + 2)
    assert events(project)[-1].data["lease"] == {"agent": str(agent.pk), "token": token + 2}


def test_who_has_filled_its_hands_meanwhile_gets_the_task_back_without_the_lease(
    project: Project, ada: Actor
) -> None:
    task, agent, actor = working(project, ada)
    other = a_task(project, "Another")
    change = stepped(ada, task, "blocked", reason="Wait.")
    claim(actor=actor, task_ref=other.key)

    after = undone(ada, change)

    assert (after.status, after.holder_id, after.last_holder_id) == ("in_progress", None, agent.pk)
    assert Task.objects.get(pk=other.pk).holder_id == agent.pk


def test_reassigning_brings_back_who_was_on_it_and_who_followed(project: Project, ada: Actor) -> None:
    task, agent, _ = working(project, ada)
    other, _ = an_agent(project, "dora")
    before = row_of(task)
    change = assigned(ada, task, agents=[other])
    assert [row.agent_id for row in task.assignments.all()] == [other.pk]

    after = undone(ada, change)

    assert row_of(task) == before
    assert after.holder_id == agent.pk
    assert not Subscription.objects.filter(task=task, agent=other).exists()
    assert events(project)[-1].type == "task.undone"


def test_assigning_that_moved_the_task_moves_it_back(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    task = a_task(project)
    before = row_of(task)
    change = assigned(ada, task, agents=[agent])
    assert Task.objects.get(pk=task.pk).status == "assigned"
    undone(ada, change)
    assert row_of(task) == before


def test_the_dialog_of_a_gate_is_undone_as_one(project: Project, ada: Actor) -> None:
    agent, _ = an_agent(project)
    task = a_task(project, description="")
    before = row_of(task)
    assert before["status"] == "inbox"
    changes = [
        made(ada, lambda: edit_task(actor=ada, task=task, changes={"description": "More."})),
        assigned(ada, task, agents=[agent], mode="add"),
        moved(ada, task, "in_progress", work_plan=PLAN),
    ]
    assert Task.objects.get(pk=task.pk).status == "in_progress"
    (outcome,) = undo_each(actor=ada, refs=[str(change.pk) for change in changes])
    assert outcome.refusal is None
    assert row_of(task) == before


def test_counters_reviews_and_review_times_come_back(project: Project, ada: Actor) -> None:
    task, _, actor = working(project, ada)
    task = transition(
        actor=actor, task=task, step=Step(to="review", deliverable=DELIVERABLE, checklist=CHECKLIST)
    )
    review = Review.objects.create(project=project, task=task, kind="praise", score=7, content="Good.")
    before = row_of(task)
    change = moved(ada, task, "in_progress")
    now = Task.objects.get(pk=task.pk)
    assert (now.review_cycles, now.holder_id) == (1, actor.agent_id)
    assert Review.objects.get(pk=review.pk).state == "superseded"
    undone(ada, change)
    assert row_of(task) == before
    assert Review.objects.get(pk=review.pk).state == "pending"
    assert Task.objects.get(pk=task.pk).lease_expires_at is None


def test_what_waited_for_a_done_task_waits_again(project: Project, ada: Actor) -> None:
    task, dependent = forced(a_task(project), "review"), a_task(project, "After it")
    add_dependency(actor=ada, task=dependent, depends_on=task)
    before = row_of(dependent)
    assert before["status"] == "blocked"
    change = moved(ada, task, "done")
    assert Task.objects.get(pk=dependent.pk).status == "ready"

    undone(ada, change)

    assert row_of(dependent) == before


def test_a_canceled_task_whose_request_was_taken_back_waits_for_it_again(
    project: Project, ada: Actor
) -> None:
    task, _, actor = working(project, ada)
    approval = request_approval(
        actor=actor, project=project, task=task, action_type="deploy", summary="Ship", payload={}
    )
    change = stepped(ada, task, "canceled", reason="No.")
    assert Approval.objects.get(pk=approval.pk).status == "canceled"
    after = undone(ada, change)
    assert after.status == "needs_approval"
    assert Approval.objects.get(pk=approval.pk).status == "pending"
    assert events(project, "approval.reinstated")


def test_a_place_in_a_column_comes_back(project: Project, ada: Actor) -> None:
    task, other = a_task(project), a_task(project, "Above")
    before = row_of(task)
    change = made(ada, lambda: board.move(actor=ada, task=task, before=other))
    assert row_of(task) != before
    undone(ada, change)
    assert row_of(task) == before


def test_bulk_changes_are_undone_card_by_card(project: Project, ada: Actor, bob: Actor) -> None:
    tasks = [a_task(project, f"task {n}") for n in range(3)]
    before = [row_of(task) for task in tasks]
    keys = [task.key for task in tasks]
    ids = []
    for change in (labelling(["api"], []), prioritising(1)):
        outcomes = change_each(actor=ada, refs=keys, change=change, can_be_undone=True)
        ids += [str(outcome.made.id) for outcome in outcomes if outcome.made]
    assert len(ids) == 6
    edit_task(actor=bob, task=tasks[1], changes={"priority": 4})

    outcomes = undo_each(actor=ada, refs=[*ids, "nonsense"])

    answers = {outcome.ref: outcome.refusal.code if outcome.refusal else "" for outcome in outcomes}
    assert answers == {keys[0]: "", keys[1]: "changed_since", keys[2]: "", "nonsense": "not_found"}
    assert [row_of(task) for task in (tasks[0], tasks[2])] == [before[0], before[2]]
    refused = next(outcome.refusal for outcome in outcomes if outcome.ref == keys[1])
    assert refused is not None and "bob has changed" in refused.message
    assert Label.objects.filter(name="api").exists()


def test_several_moves_in_a_row_are_each_undone_the_latest_first(project: Project, ada: Actor) -> None:
    task = a_task(project)
    first = moved(ada, task, "inbox")
    second = moved(ada, task, "canceled", reason="No.")
    with pytest.raises(UndoRefused) as refused:
        undone(ada, first)
    assert refused.value.code == "changed_since"
    assert undone(ada, second).status == "inbox"
    assert undone(ada, first).status == "ready"
    assert Task.objects.get(pk=task.pk).held_until is None


def test_undo_is_refused_when_it_is_too_late_done_already_or_not_yours(
    project: Project, ada: Actor, bob: Actor
) -> None:
    task = a_task(project)
    change = moved(ada, task, "inbox")
    with pytest.raises(Forbidden) as foreign:
        undone(bob, change)
    assert foreign.value.code == "not_your_change"
    undone(ada, change)
    with pytest.raises(UndoRefused) as twice:
        undone(ada, change)
    assert twice.value.code == "undone_already"
    late = moved(ada, task, "inbox")
    let_time_pass()
    with pytest.raises(UndoRefused) as over:
        undone(ada, late)
    assert over.value.code == "undo_too_late"
    assert release_due() == 1
    assert Task.objects.get(pk=task.pk).status == "inbox"


def test_what_others_did_beside_it_stays_and_what_they_did_over_it_wins(
    project: Project, ada: Actor, bob: Actor
) -> None:
    task = a_task(project)
    change = moved(ada, task, "blocked", reason="Wait.")
    edit_task(actor=bob, task=task, changes={"title": "A better title"})
    post_message(actor=bob, task=task, content="Why?")
    after = undone(ada, change)
    assert (after.status, after.title) == ("ready", "A better title")
    change = moved(ada, task, "inbox")
    transition(actor=bob, task=task, step=Step(to="ready"))
    transition(actor=bob, task=task, step=Step(to="inbox"))
    with pytest.raises(UndoRefused) as refused:
        undone(ada, change)
    assert refused.value.code == "changed_since"


def test_a_change_of_another_project_is_not_there(project: Project, ada: Actor) -> None:
    stranger = actor_of(a_member(a_project("zeus"), "eve"))
    change = moved(ada, a_task(project), "inbox")
    with pytest.raises(NotFound):
        get_change(stranger, str(change.pk))
    viewer = actor_of(a_member(project, "vic", "viewer"))
    with pytest.raises(Forbidden):
        get_change(viewer, str(change.pk))


def test_agents_cannot_ask_for_it_and_nothing_is_held_without_asking(project: Project, ada: Actor) -> None:
    _, actor = an_agent(project)
    task = a_task(project)
    with pytest.raises(Forbidden):
        moved(actor, task, "assigned")
    transition(actor=ada, task=task, step=Step(to="inbox"))
    assert not Change.objects.exists()
    assert Task.objects.get(pk=task.pk).held_until is None
    with pytest.raises(UndoRefused) as nothing:
        last_change(ada, task)
    assert nothing.value.code == "nothing_to_undo"


def test_a_change_that_changes_nothing_or_is_refused_leaves_nothing_to_undo(
    project: Project, ada: Actor
) -> None:
    task = a_task(project)
    with undoable(ada) as same:
        transition(actor=ada, task=task, step=Step(to="ready"))
    with pytest.raises(Exception, match="no step"), undoable(ada) as refused:
        transition(actor=ada, task=task, step=Step(to="review"))
    assert same is not None and not same.kept
    assert refused is not None and not refused.kept
    assert not Change.objects.exists()


def test_undo_can_be_switched_off(project: Project, ada: Actor, settings: Any) -> None:
    settings.MC_UNDO_S = 0
    with undoable(ada) as recording:
        transition(actor=ada, task=a_task(project), step=Step(to="inbox"))
    assert recording is None
    assert not Change.objects.exists()


def test_more_time_is_given_but_not_for_ever(project: Project, ada: Actor, bob: Actor) -> None:
    task = a_task(project)
    change = moved(ada, task, "inbox")
    let_time_pass(5)
    short = Change.objects.get(pk=change.pk).due_at
    assert prolong(actor=bob, refs=[str(change.pk)]) is None
    until = prolong(actor=ada, refs=[str(change.pk)])
    assert until is not None and until > short
    assert Task.objects.get(pk=task.pk).held_until == until == Change.objects.get(pk=change.pk).due_at
    Change.objects.filter(pk=change.pk).update(made_at=change.made_at.replace(year=2020))
    assert prolong(actor=ada, refs=[str(change.pk)]) is None


def test_slips_of_the_hand_are_no_loop(project: Project, ada: Actor) -> None:
    task = a_task(project)
    for _ in range(4):
        undone(ada, moved(ada, task, "inbox"))
    assert scan_task(task.pk) is None
    assert Task.objects.get(pk=task.pk).status == "ready"


def test_pictures_are_forgotten_once_nobody_needs_them(project: Project, ada: Actor) -> None:
    change = moved(ada, a_task(project), "inbox")
    let_time_pass(60)
    latest = Change.objects.get(pk=change.pk).due_at
    assert forget_images(before=latest.replace(year=latest.year + 1)) == 0
    release_due()
    assert forget_images(before=latest.replace(year=latest.year + 1)) == 1
    assert Change.objects.get(pk=change.pk).images == []
