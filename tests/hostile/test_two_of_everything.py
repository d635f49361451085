"""Two workers and two beats at once: every job's effect is there once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from agents.models import Agent, Alert, Approval
from agents.queries.credentials import agent_actor
from agents.services.approvals import request_approval
from agents.services.claims import claim
from agents.services.registry import create_agent
from missioncontrol.kernel.jobs import JOBS
from notifications.models import Notification, RelayCursor, RelayFailure
from tasks.models import Event, EventStream, Project, Task
from tasks.services.audit import verify_chain
from tasks.services.people import create_operator
from tasks.services.projects import create_project
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE
from tests.support.server import serving

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
EACH, NUDGES, PATIENCE_S = 12, 8, 30.0
NAMES = ("leases.expire", "approvals.expire", "approvals.escalate", "agents.offline", "notifications.relay")


def test_every_job_has_its_effect_once() -> None:
    project = create_project(actor=HOUSE, slug="apollo", abandon_limit=3)
    create_operator(actor=HOUSE, username="ada", project=project, role="owner")
    for number in range(EACH):
        abandoned(project, number)
        asked_in_vain(project, number)
    Agent.objects.update(last_beat_at=timezone.now() - timedelta(days=1))
    with serving(workers=2):
        for _ in range(NUDGES):
            for name in NAMES:
                JOBS[name].task.delay()
        wait_until(lambda: not Task.objects.filter(holder__isnull=False).exists())
        wait_until(lambda: not Approval.objects.filter(status="pending").exists())
        wait_until(lambda: not Agent.objects.filter(offline_since__isnull=True).exists())
        wait_until(lambda: is_read_to_the_end(project))
    assert_once(project)


def abandoned(project: Project, number: int) -> None:
    """A task whose agent has let its lease run out."""
    made = create_agent(actor=HOUSE, project=project, slug=f"worker-{number}")
    task = create_task(actor=HOUSE, project=project, title=f"Lost {number}", description="Go.", priority=1)
    claimed = claim(actor=agent_actor(made.agent, None), task_ref=task.key)
    assert claimed is not None
    Task.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now() - timedelta(minutes=5))


def asked_in_vain(project: Project, number: int) -> None:
    """A task that waits for an approval nobody gave in time."""
    task = create_task(actor=HOUSE, project=project, title=f"Asked {number}", description="Go.", priority=4)
    asked = request_approval(
        actor=HOUSE, project=project, task=task, action_type="deploy", summary=f"Deploy {number}"
    )
    then = timezone.now() - timedelta(hours=2)
    Approval.objects.filter(pk=asked.pk).update(created_at=then, expires_at=then + timedelta(hours=1))


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline, "the jobs do not come to an end"
        time.sleep(0.1)


def is_read_to_the_end(project: Project) -> bool:
    head = EventStream.objects.get(project=project).head_seq
    return RelayCursor.objects.filter(project=project, consumer="notifications", seq=head).exists()


def assert_once(project: Project) -> None:
    events = Counter(Event.objects.filter(project=project).values_list("type", "target_id"))
    once = ("task.lease_expired", "approval.expired", "agent.offline")
    for kind in once:
        found = [number for (name, _), number in events.items() if name == kind]
        assert found == [1] * EACH, kind
    assert set(
        Task.objects.filter(title__startswith="Lost").values_list("abandoned_attempts", flat=True)
    ) == {1}
    alerts = Counter(Alert.objects.values_list("kind", "agent_id"))
    assert {kind for kind, _ in alerts} == {"agent_offline", "lease_expired"}
    assert set(alerts.values()) == {1}
    told = Counter(
        Notification.objects.filter(user__username="ada", type="alert").values_list("seq", flat=True)
    )
    assert len(told) == 2 * EACH
    assert set(told.values()) == {1}
    assert not RelayFailure.objects.exists()
    assert verify_chain(project).ok
