"""Peer reviews: said, kept, answered; work in review goes back, finished work does not."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent
from tasks.models import Event, Message, Refusal, Review, Task, Transition
from tasks.services.assigning import assign
from tests.agents.building import Caller, a_member, a_service, problem, signed_in
from tests.tasks.building import HOUSE
from tests.tasks.thread.building import World, a_world

pytestmark = pytest.mark.django_db

DIFF = " context\n-old\n+new \n"
PRAISE = {"kind": "praise", "score": 9, "content": "Clear."}
REFUTE = {"kind": "refute", "severity": "major", "content": "It forgets leap years."}
CHANGESET = {"kind": "changeset", "files": [{"path": "a/b.py", "change": "modify", "diff": DIFF}]}
APPROVE = {"kind": "approve"}
KINDS = [PRAISE, REFUTE, CHANGESET, APPROVE]


def review(world: World, body: dict[str, Any], by: Caller | None = None) -> dict[str, Any]:
    """A review by Cora, or by somebody else."""
    answer = (by or world.by_cora).post(world.path("reviews"), body)
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.parametrize("body", KINDS, ids=lambda body: body["kind"])
def test_a_review_is_kept_told_and_read_in_the_thread(body: dict[str, Any]) -> None:
    world = a_world()
    answer = review(world, body)
    assert {name: answer[name] for name in body} == body
    assert (answer["state"], answer["author"]["name"]) == ("pending", "cora")
    row = Review.objects.get()
    assert (str(row.pk), row.kind, row.state) == (answer["id"], body["kind"], "pending")
    message = Message.objects.get()
    assert (message.type, message.actor_name) == ("review", "cora")
    assert body.get("content", "") in message.content
    (event,) = world.events("review.created")
    assert (event.target_type, event.target_id) == ("review", answer["id"])
    assert (event.data["task"], event.data["key"]) == (str(world.task.pk), world.task.key)
    assert (event.data["kind"], event.data["message"]) == (body["kind"], str(message.pk))
    assert world.by_vic.get(world.path("reviews")).json()["results"][0]["id"] == answer["id"]


def test_a_diff_keeps_the_white_space_at_its_ends() -> None:
    world = a_world()
    review(world, CHANGESET)
    assert Review.objects.get().files[0]["diff"] == DIFF


BAD = [
    {},
    {"kind": "applause"},
    {"kind": "praise"},
    {"kind": "praise", "score": 0},
    {"kind": "praise", "score": 11},
    {"kind": "praise", "score": "9"},
    {"kind": "praise", "score": 9.5},
    {"kind": "praise", "score": True},
    {"kind": "praise", "score": 9, "severity": "minor"},
    {"kind": "refute", "content": "No."},
    {"kind": "refute", "severity": "fatal", "content": "No."},
    {"kind": "refute", "severity": "minor"},
    {"kind": "refute", "severity": "minor", "content": "No.", "score": 1},
    {"kind": "changeset"},
    {"kind": "changeset", "files": []},
    {"kind": "changeset", "files": [{"path": "a", "change": "rename"}]},
    {"kind": "changeset", "files": [{"change": "add"}]},
    {"kind": "changeset", "files": [{"path": "", "change": "add"}]},
    {"kind": "changeset", "files": [{"path": "a", "change": "add", "diff": 5}]},
    {"kind": "changeset", "files": [{"path": "a", "change": "add", "mode": "755"}]},
    {"kind": "changeset", "files": [{"path": "a", "change": "add"}, {"path": "a", "change": "delete"}]},
    {"kind": "changeset", "files": [{"path": "a", "change": "add", "diff": "x" * 100_001}]},
    {"kind": "changeset", "files": [{"path": str(number), "change": "add"} for number in range(201)]},
    {"kind": "approve", "files": [{"path": "a", "change": "add"}]},
    {"kind": "approve", "content": "x" * 100_001},
    {"kind": "approve", "author": "ada"},
]


@pytest.mark.parametrize("body", BAD, ids=lambda body: str(body)[:60])
def test_a_review_that_is_not_whole_names_its_fields_and_changes_nothing(body: dict[str, Any]) -> None:
    world = a_world().in_status("review")
    before = Event.objects.count()
    document = problem(world.by_cora.post(world.path("reviews"), body), 422)
    assert document["errors"]
    assert (Review.objects.count(), Message.objects.count(), Event.objects.count()) == (0, 0, before)
    assert world.now().status == "review"


@pytest.mark.parametrize("body", [REFUTE, CHANGESET], ids=lambda body: body["kind"])
@pytest.mark.parametrize("who", ["by_cora", "by_ada"])
def test_asking_for_changes_sends_a_task_in_review_back(body: dict[str, Any], who: str) -> None:
    world = a_world().in_status("review")
    answer = review(world, body, by=getattr(world, who))
    task = world.now()
    assert (task.status, task.review_cycles, answer["task_status"]) == ("in_progress", 1, "in_progress")
    step = Transition.objects.filter(task=world.task).latest("id")
    assert (step.from_status, step.to_status, step.override) == ("review", "in_progress", False)
    assert step.actor_name == answer["author"]["name"]
    assert Review.objects.get().state == "pending"
    assert world.events("review.created")[0].data["sent_back"] is True


def test_the_last_holder_gets_a_fresh_lease_when_work_comes_back() -> None:
    world = a_world().in_status("review")
    Task.objects.filter(pk=world.task.pk).update(last_holder=world.bolt, lease_token=4)
    review(world, REFUTE)
    assert (world.now().holder_id, world.now().lease_token) == (world.bolt.pk, 5)


@pytest.mark.parametrize("body", [PRAISE, APPROVE], ids=lambda body: body["kind"])
def test_kind_words_leave_the_task_where_it_is(body: dict[str, Any]) -> None:
    world = a_world().in_status("review")
    review(world, body)
    assert world.now().status == "review"


def test_with_nobody_to_take_it_up_a_contested_task_stays_in_review() -> None:
    world = a_world().in_status("review")
    assign(actor=HOUSE, task=world.task, agents=[world.bolt], mode="remove")
    review(world, REFUTE)
    assert (world.now().status, Review.objects.get().state) == ("review", "pending")
    assert world.events("review.created")[0].data["sent_back"] is False


@pytest.mark.parametrize("status", ["done", "failed", "canceled"])
@pytest.mark.parametrize("body", [REFUTE, CHANGESET], ids=lambda body: body["kind"])
def test_nothing_revives_a_finished_task(status: str, body: dict[str, Any]) -> None:
    world = a_world().in_status(status)
    before = Event.objects.count()
    problem(world.by_ada.post(world.path("reviews"), body), 422, "finished")
    assert (world.now().status, Review.objects.count(), Message.objects.count()) == (status, 0, 0)
    assert Event.objects.count() == before
    review(world, PRAISE)
    assert world.now().status == status


@pytest.mark.parametrize("body", KINDS, ids=lambda body: body["kind"])
def test_nobody_reviews_their_own_work(body: dict[str, Any]) -> None:
    world = a_world().in_status("review")
    Agent.objects.filter(pk=world.bolt.pk).update(can_review=True)
    assign(actor=HOUSE, task=world.task, users=[world.ada], mode="add")
    for caller in (world.by_bolt, world.by_ada):
        problem(caller.post(world.path("reviews"), body), 403, "own_work")
    assert (Review.objects.count(), world.now().status) == (0, "review")


def test_an_agent_reviews_by_flag_or_when_it_was_named_reviewer() -> None:
    world = a_world().in_status("review")
    Agent.objects.filter(pk=world.cora.pk).update(can_review=False)
    problem(world.by_cora.post(world.path("reviews"), REFUTE), 403, "flag_missing")
    assert (Review.objects.count(), Refusal.objects.count()) == (0, 0)
    Task.objects.filter(pk=world.task.pk).update(reviewer_agent=world.cora)
    review(world, REFUTE)
    assert world.now().status == "in_progress"


@pytest.mark.parametrize("state", ["paused", "quarantined"])
def test_a_halted_agent_reviews_nothing(state: str) -> None:
    world = a_world().in_status("review")
    Agent.objects.filter(pk=world.cora.pk).update(state=state)
    problem(world.by_cora.post(world.path("reviews"), REFUTE), 403, state)
    assert world.now().status == "review"


def test_viewers_and_strangers_review_nothing() -> None:
    world, other = a_world(), a_world("hermes")
    made = review(world, PRAISE)
    problem(world.by_vic.post(world.path("reviews"), APPROVE), 403)
    problem(world.by_vic.post(f"/reviews/{made['id']}/respond", {"state": "accepted"}), 403)
    problem(other.by_ada.post(world.path("reviews"), APPROVE), 404)
    problem(other.by_ada.get(world.path("reviews")), 404)
    problem(other.by_ada.post(f"/reviews/{made['id']}/respond", {"state": "accepted"}), 404)
    problem(world.by_ada.post("/reviews/nonsense/respond", {"state": "accepted"}), 404)
    assert Review.objects.get().state == "pending"


def test_a_second_review_of_the_same_kind_takes_the_place_of_the_first() -> None:
    world = a_world()
    first = review(world, REFUTE)
    review(world, PRAISE)
    review(world, REFUTE, by=world.by_ada)
    second = review(world, {**REFUTE, "severity": "minor"})
    states = {str(row.pk): row.state for row in Review.objects.all()}
    assert (states.pop(first["id"]), set(states.values())) == ("superseded", {"pending"})
    assert world.events("review.created")[-1].data["supersedes"] == [first["id"]]
    shown = world.by_ada.get(world.path("reviews?state=superseded&kind=refute")).json()["results"]
    assert [row["id"] for row in shown] == [first["id"]]
    assert second["id"] in states


@pytest.mark.parametrize("state", ["accepted", "rejected"])
def test_an_assignee_answers_a_review_once(state: str) -> None:
    world = a_world()
    made = review(world, REFUTE)
    answer = world.by_bolt.post(
        f"/reviews/{made['id']}/respond", {"state": state, "response": "See the tests."}
    )
    assert (answer.status_code, answer.json()["state"], answer.json()["responded_by"]) == (200, state, "bolt")
    row = Review.objects.get()
    assert (row.state, row.response, row.responded_at is not None) == (state, "See the tests.", True)
    (event,) = world.events("review.responded")
    assert (event.data["after"], event.data["author"]["name"]) == ({"state": state}, "cora")
    problem(world.by_ada.post(f"/reviews/{made['id']}/respond", {"state": "accepted"}), 409, "settled")
    assert (Review.objects.get().state, len(world.events("review.responded"))) == (state, 1)


def test_neither_its_author_nor_a_bystander_answers_a_review() -> None:
    world = a_world()
    by_ada, by_cora = review(world, REFUTE, by=world.by_ada), review(world, REFUTE)
    problem(world.by_ada.post(f"/reviews/{by_ada['id']}/respond", {"state": "accepted"}), 403, "own_review")
    problem(
        world.by_cora.post(f"/reviews/{by_ada['id']}/respond", {"state": "accepted"}), 403, "not_assigned"
    )
    operator = signed_in(a_member(world.project, "bob", "operator"))
    assert operator.post(f"/reviews/{by_cora['id']}/respond", {"state": "rejected"}).status_code == 200
    assert Review.objects.get(pk=by_ada["id"]).state == "pending"


@pytest.mark.parametrize(
    "body", [{}, {"state": "pending"}, {"state": 1}, {"state": "accepted", "response": "x" * 10_001}]
)
def test_a_bad_answer_changes_nothing(body: dict[str, Any]) -> None:
    world = a_world()
    made = review(world, REFUTE)
    problem(world.by_bolt.post(f"/reviews/{made['id']}/respond", body), 422)
    assert Review.objects.get().state == "pending"


def test_a_service_reviews_for_its_operator() -> None:
    world = a_world().in_status("review")
    review(world, REFUTE, by=a_service(world.project, "write"))
    assert world.now().status == "in_progress"
    problem(a_service(world.project, "read").post(world.path("reviews"), PRAISE), 403)


def test_a_long_review_is_said_whole() -> None:
    world = a_world()
    review(world, {**REFUTE, "content": "x" * 100_000})
    assert Message.objects.get().content.endswith("x" * 100_000)
