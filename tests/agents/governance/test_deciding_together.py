"""One decision on several requests."""

from __future__ import annotations

from functools import partial

import pytest

from agents.models import Approval
from agents.services import decisions
from agents.services.deciding_together import decide_each
from missioncontrol.kernel.errors import Conflict
from tests.agents.building import problem, signed_in

from .builders import World, a_world, ask, events, user_of
from .test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return a_world()


def several(world: World, count: int = 3, **fields: object) -> list[Approval]:
    """Requests of the agent that are about no task, so that none of them waits for another."""
    return [ask(world, task=None, payload={"n": number}, **fields) for number in range(count)]


def test_each_is_decided_with_its_event_and_a_refusal_stops_no_other(world: World) -> None:
    rows = several(world)
    decisions.deny(actor=world.bob, approval=rows[1], reason="No")
    outcomes = decide_each(actor=world.ann, refs=[str(row.pk) for row in rows], approve=True, reason="Fine.")
    assert [outcome.refusal and outcome.refusal.code for outcome in outcomes] == [
        None,
        "approval_decided",
        None,
    ]
    assert [row.status for row in Approval.objects.order_by("created_at")] == [
        "approved",
        "denied",
        "approved",
    ]
    told = [event.data["status"] for event in events(world.project, "approval.decided")]
    assert told == ["denied", "approved", "approved"]


def test_what_expired_meanwhile_is_told_by_name(world: World) -> None:
    first, late = several(world, 2)
    Approval.objects.filter(pk=late.pk).update(expires_at=late.created_at)
    caller = signed_in(user_of(world.ann))
    body = {"approvals": [str(first.pk), str(late.pk), "nonsense"], "decision": "approve"}
    shown = caller.post("/approvals/decide", body).json()
    assert (shown["done"], shown["failed"]) == (1, 2)
    assert [row.get("code") for row in shown["results"]] == [None, "approval_expired", "not_found"]
    late.refresh_from_db()
    assert (late.status, late.reason) == ("expired", "Nobody decided in time.")


def test_a_denial_of_several_needs_its_reason_before_anything_is_decided(world: World) -> None:
    rows = several(world, 2)
    caller = signed_in(user_of(world.ann))
    body = {"approvals": [str(row.pk) for row in rows], "decision": "deny", "reason": " "}
    assert problem(caller.post("/approvals/decide", body), 422)["errors"][0]["field"] == "reason"
    assert set(Approval.objects.values_list("status", flat=True)) == {"pending"}
    assert caller.post("/approvals/decide", {**body, "reason": "Not today"}).json()["done"] == 2


def test_viewers_and_strangers_decide_nothing_together(world: World) -> None:
    (row,) = several(world, 1)
    body = {"approvals": [str(row.pk)], "decision": "approve"}
    for user, code in ((world.vic, "forbidden"), (a_world("other").ann, "not_found")):
        (result,) = signed_in(user_of(user)).post("/approvals/decide", body).json()["results"]
        assert (result["ok"], result["code"]) == (False, code)
    row.refresh_from_db()
    assert row.status == "pending"


def test_whoever_comes_second_learns_who_was_first(world: World) -> None:
    row = ask(world)
    decisions.deny(actor=world.bob, approval=row, reason="No")
    with pytest.raises(Conflict, match=f"denied already by {world.bob.name}"):
        decisions.approve(actor=world.ann, approval=row)


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_the_same_requests_together_share_them_out() -> None:
    world = a_world()
    rows = [ask(world, task=None, payload={"n": n}) for n in range(4)]
    refs = [str(row.pk) for row in rows]
    both = at_once(
        partial(decide_each, actor=world.ann, refs=refs, approve=True),
        partial(decide_each, actor=world.bob, refs=refs[::-1], approve=False, reason="No"),
    )
    won = [outcome.ref for answers in both for outcome in answers if outcome.refusal is None]
    assert sorted(won) == sorted(refs)
    assert len(events(world.project, "approval.decided")) == 4
