"""Roles, and steps that are forced."""

from __future__ import annotations

import pytest

from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Forbidden
from tasks.errors import TransitionRefused
from tasks.models import Event, Project, Refusal, Task, Transition
from tasks.services.projects import set_member
from tasks.services.transition import Step, allowed_transitions, dry_run, transition
from tests.tasks.building import (
    BOSS,
    HOUSE,
    a_member,
    a_service,
    a_task,
    actor_of,
    an_agent,
    forced,
)
from tests.tasks.workflow.building import BARE, NAMES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("origin", NAMES)
def test_an_override_forces_every_step_but_those_out_of_canceled(project: Project, origin: str) -> None:
    owner = actor_of(a_member(project))
    for to in NAMES:
        if to == origin:
            continue
        task = a_task(project, f"{origin} to {to}", **BARE)
        task = forced(task, origin) if origin != "inbox" else task
        step = Step(to=to, reason="It must be.", override=True)
        told = dry_run(actor=owner, task=task, step=step)
        if origin == "canceled":
            assert not told.allowed
            with pytest.raises(TransitionRefused):
                transition(actor=owner, task=task, step=step)
            continue
        assert told.allowed
        moved = transition(actor=owner, task=task, step=step)
        row = Transition.objects.filter(task=task).order_by("-id")[0]
        assert (moved.status, row.override, row.reason) == (to, True, "It must be.")
        event = Event.objects.filter(type="task.transitioned", target_id=str(task.pk)).order_by("-seq")[0]
        assert event.data["override"] is True


def test_an_override_needs_a_reason(project: Project) -> None:
    task = a_task(project)
    with pytest.raises(TransitionRefused) as refused:
        transition(actor=BOSS, task=task, step=Step(to="done", override=True, reason="  "))
    assert [error.field for error in refused.value.errors] == ["reason"]


@pytest.mark.parametrize("who", ["viewer", "agent", "system", "writing service"])
def test_an_override_is_for_owners_and_operators(project: Project, who: str) -> None:
    actors = {
        "viewer": lambda: actor_of(a_member(project, "vera", "viewer")),
        "agent": lambda: an_agent(project)[1],
        "system": lambda: HOUSE,
        "writing service": lambda: a_service(project, "write"),
    }
    actor, task = actors[who](), a_task(project)
    step = Step(to="done", override=True, reason="Now.")
    assert dry_run(actor=actor, task=task, step=step).code == "override_not_yours"
    with pytest.raises(Forbidden) as refused:
        transition(actor=actor, task=task, step=step)
    assert refused.value.code == "override_not_yours"
    assert Refusal.objects.get().code == "override_not_yours"


@pytest.mark.parametrize("origin", ["blocked", "needs_approval"])
def test_lifting_a_block_or_an_approval_needs_the_right_to_operate(project: Project, origin: str) -> None:
    task = forced(a_task(project), origin)
    writer = a_service(project, "write")
    assert allowed_transitions(writer, task, database_now()) == []
    assert not dry_run(actor=writer, task=task, step=Step(to="ready")).allowed
    with pytest.raises(Forbidden):
        transition(actor=writer, task=task, step=Step(to="ready"))
    assert transition(actor=a_service(project, "write", "operate"), task=task, step=Step(to="ready")).status


def test_a_viewer_is_offered_no_step(project: Project) -> None:
    user = a_member(project, "vera", "viewer")
    task = a_task(project)
    assert allowed_transitions(actor_of(user), task, database_now()) == []
    set_member(actor=HOUSE, project=project, user=user, role="operator")
    assert "ready" in allowed_transitions(actor_of(user), Task.objects.get(pk=task.pk), database_now())
