"""Undo against claims, writes, itself and the end of its time: with real threads, on whichever database there is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.services.claims import claim
from notifications.jobs import relay_events
from notifications.models import HeldEvent, Notification
from tasks.errors import StandsStill, UndoRefused
from tasks.models import Change, Task, Transition
from tasks.services import audit
from tasks.services.tasks import report_progress
from tasks.services.transition import Step, transition
from tasks.services.undo import release_due
from tests.tasks.building import (
    PLAN,
    a_member,
    a_project,
    a_task,
    acting,
    actor_of,
    an_agent,
    forced,
    together,
)
from tests.tasks.undo.building import assigned, moved, stepped, undone

pytestmark = pytest.mark.django_db(transaction=True)


def _won(results: list[Any]) -> list[Any]:
    unexpected = [each for each in results if isinstance(each, Exception) and not _expected(each)]
    assert not unexpected, unexpected
    return [each for each in results if not isinstance(each, Exception)]


def _expected(error: Exception) -> bool:
    return isinstance(error, (UndoRefused, StandsStill))


def test_of_eight_undos_at_once_one_counts() -> None:
    project = a_project()
    ada = actor_of(a_member(project))
    task = a_task(project)
    change = moved(ada, task, "inbox")
    results = together([lambda: undone(ada, change)] * 8)
    assert len(_won(results)) == 1
    assert {error.code for error in results if isinstance(error, UndoRefused)} == {"undone_already"}
    assert Transition.objects.filter(undoes=change).count() == 1
    assert Task.objects.get(pk=task.pk).status == "ready"
    assert audit.verify_chain(project).ok


@pytest.mark.parametrize("round_", range(3))
def test_undo_against_claims_never_leaves_a_lease_on_what_was_put_back(round_: int) -> None:
    project = a_project()
    ada = actor_of(a_member(project))
    actors = [acting(an_agent(project, f"bot-{n}")[0]) for n in range(4)]
    task = forced(a_task(project), "inbox")
    change = moved(ada, task, "ready")
    # The end of the window falls into the race.
    end = timezone.now() + timedelta(seconds=0.05)
    Change.objects.filter(pk=change.pk).update(due_at=end)
    Task.objects.filter(pk=task.pk).update(held_until=end)

    def patient_claim(actor: Any) -> Any:
        while timezone.now() < end + timedelta(seconds=0.2):
            if (got := claim(actor=actor)) is not None:
                return got
        return None

    jobs: list[Any] = [lambda actor=actor: patient_claim(actor) for actor in actors]
    results = together([lambda: undone(ada, change), *jobs, release_due])
    row = Task.objects.get(pk=task.pk)
    done = Change.objects.get(pk=change.pk)
    claimed = [each for each in results[1:-1] if each is not None]
    if isinstance(results[0], Task):
        assert (row.status, row.holder_id, claimed) == ("inbox", None, [])
        assert done.undone_at is not None and done.released_at is None
    else:
        assert isinstance(results[0], UndoRefused)
        assert (row.status, len(claimed)) == ("assigned", 1)
    assert audit.verify_chain(project).ok


def test_undo_against_its_holders_writes_loses_neither() -> None:
    project = a_project()
    ada = actor_of(a_member(project))
    agent, actor = an_agent(project)
    task = a_task(project, agents=[agent])
    claim(actor=actor, task_ref=task.key)
    transition(actor=actor, task=task, step=Step(to="in_progress", work_plan=PLAN))
    token = Task.objects.get(pk=task.pk).lease_token
    change = stepped(ada, task, "blocked", reason="Wait.")

    def write(progress: int) -> Any:
        return report_progress(actor=actor, task=task, progress=progress, lease_token=token)

    results = together([lambda: undone(ada, change), *[lambda n=n: write(n) for n in (10, 20, 30)]])  # type: ignore[misc]
    assert isinstance(results[0], Task), results[0]
    written = [each.progress for each in _won(results[1:])]
    row = Task.objects.get(pk=task.pk)
    assert (row.status, row.holder_id, row.lease_token) == ("in_progress", agent.pk, token)
    assert row.progress in {*written, 0}
    assert write(90).progress == 90


@pytest.mark.parametrize("round_", range(3))
def test_at_the_exact_end_it_is_either_undone_or_told_never_both(round_: int) -> None:
    project = a_project()
    ada = actor_of(a_member(project))
    agent, _ = an_agent(project)
    task = a_task(project)
    change = assigned(ada, task, agents=[agent])
    relay_events()
    end = timezone.now() + timedelta(seconds=0.03)
    Change.objects.filter(pk=change.pk).update(due_at=end)

    def relays() -> None:
        while timezone.now() < end + timedelta(seconds=0.1):
            relay_events()

    results = together([lambda: undone(ada, change), relays, relays])
    relay_events()
    told = Notification.objects.filter(agent=agent).count()
    on_it = Task.objects.get(pk=task.pk).assignments.exists()
    if isinstance(results[0], Task):
        assert (told, on_it) == (0, False)
    else:
        assert isinstance(results[0], UndoRefused), results[0]
        assert (told, on_it) == (1, True)
    assert not HeldEvent.objects.exists()


def test_two_relays_at_once_deliver_what_was_held_once() -> None:
    project = a_project()
    ada = actor_of(a_member(project))
    agent, _ = an_agent(project)
    for number in range(6):
        assigned(ada, a_task(project, f"task {number}"), agents=[agent])
    relay_events()
    Change.objects.update(due_at=timezone.now())
    together([relay_events] * 4)
    assert Notification.objects.filter(agent=agent).count() == 6
    assert not HeldEvent.objects.exists()
