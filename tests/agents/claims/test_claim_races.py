"""Claims with real threads, on whichever database the suite runs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from agents.errors import ClaimLost
from agents.services.claims import claim
from agents.services.leasing import expire_leases
from missioncontrol.kernel.actor import Actor
from tasks.models import Assignment, Event, Task
from tests.agents.building import a_project
from tests.agents.claims.building import a_ready_task, an_agent
from tests.tasks.building import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_sixteen_agents_never_get_the_same_task() -> None:
    project = a_project()
    tasks = [a_ready_task(project, f"task {n}") for n in range(40)]
    actors = [an_agent(project, f"bot-{n}", max_concurrent_tasks=100)[1] for n in range(16)]

    def drain(actor: Actor) -> list[str]:
        got = []
        while (outcome := claim(actor=actor)) is not None:
            assert outcome.task is not None
            got.append(outcome.task.key)
        return got

    results = together([lambda actor=actor: drain(actor) for actor in actors])  # type: ignore[misc]
    granted = [key for keys in results for key in keys]
    assert sorted(granted) == sorted(task.key for task in tasks)
    assert Assignment.objects.count() == len(tasks)
    assert set(Task.objects.values_list("status", "lease_token")) == {("assigned", 1)}
    numbers = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_one_of_eight_named_claims_wins() -> None:
    project = a_project()
    task = a_ready_task(project)
    actors = [an_agent(project, f"bot-{n}")[1] for n in range(8)]
    results = together([lambda actor=actor: claim(actor=actor, task_ref=task.key) for actor in actors])  # type: ignore[misc]
    won = [result for result in results if not isinstance(result, Exception)]
    assert len(won) == 1
    assert all(isinstance(result, ClaimLost) for result in results if isinstance(result, Exception))
    row = Task.objects.get()
    assert row.holder_id == won[0].agent.pk
    assert row.assignments.count() == 1


def test_one_agent_claiming_on_eight_threads_stays_within_its_capacity() -> None:
    project = a_project()
    for n in range(8):
        a_ready_task(project, f"task {n}")
    agent, actor = an_agent(project, max_concurrent_tasks=2)
    together([lambda: claim(actor=actor)] * 8)
    assert Task.objects.filter(holder=agent).count() == 2


def test_two_sweeps_at_once_count_one_abandoned_attempt() -> None:
    project = a_project()
    _, actor = an_agent(project)
    task = a_ready_task(project)
    claim(actor=actor)
    later = timezone.now() + timedelta(hours=1)
    results = together([lambda: expire_leases(now=later)] * 4)
    assert sorted(results) == [0, 0, 0, 1]
    assert Task.objects.get(pk=task.pk).abandoned_attempts == 1
    assert Event.objects.filter(type="task.lease_expired").count() == 1
