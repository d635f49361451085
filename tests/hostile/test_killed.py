"""Every process is killed in the middle of its work, again and again: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from django.utils import timezone

from agents.services.leasing import expire_leases
from agents.services.registry import create_agent
from missioncontrol.kernel.models import IdempotencyRecord
from notifications.models import Notification, RelayCursor, RelayFailure
from tasks.models import Event, EventStream, Message, Project, Task, Transition
from tasks.services.audit import verify_chain
from tasks.services.people import create_operator
from tasks.services.projects import create_project
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE
from tests.support.server import LiveServer, serving

ROUNDS = int(os.environ.get("MC_KILL_ROUNDS", "2"))
WORKERS, TASKS, WORK = 5, 30, 60
PATIENCE_S = 20.0
PLAN = {"bullets": ["Read it", "Write it", "Check it"]}
HANDED_IN = {
    "deliverable": {"summary": "It is done."},
    "checklist": {"items": [{"label": "Tests", "checked": True}]},
}

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Call:
    """One request under a key of its own, and what was answered: status and body, or None when nothing came."""

    agent: str
    path: str
    body: dict[str, Any]
    key: str
    answer: tuple[int, str] | None


@dataclass
class Crew:
    """Agents that work as fast as they can until the server is gone, each remembering what it was told."""

    keys: dict[str, str]
    calls: list[Call] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def work(self, server: LiveServer, slug: str) -> None:
        """One agent's life; it ends with the first request that gets no answer."""
        with client(server, self.keys[slug]) as http:
            while True:
                claimed = self.ask(http, slug, "/agent/claim", {})
                if claimed is None or claimed[0] != 200:
                    return
                key = json.loads(claimed[1])["task"]["key"]
                steps: list[tuple[str, dict[str, Any]]] = [
                    (f"/tasks/{key}/transition", {"to": "in_progress", "work_plan": PLAN}),
                    (f"/tasks/{key}/messages", {"content": f"@ada {slug} is at it.", "type": "progress"}),
                    (f"/tasks/{key}/transition", {"to": "review", **HANDED_IN}),
                ]
                if not all(self.ask(http, slug, path, body) for path, body in steps):
                    return

    def ask(self, http: httpx2.Client, slug: str, path: str, body: dict[str, Any]) -> tuple[int, str] | None:
        """Send one request and remember it."""
        key = f"call-{next(self.numbers)}"
        answer = send(http, path, body, key)
        self.remember(slug, path, body, key, answer and answer[:2])
        return answer and answer[:2]

    def remember(
        self, slug: str, path: str, body: dict[str, Any], key: str, answer: tuple[int, str] | None
    ) -> None:
        """Keep what was asked and what was answered."""
        self.calls.append(Call(slug, path, body, key, answer))


def client(server: LiveServer, key: str) -> httpx2.Client:
    """Somebody who calls the API with this key."""
    return httpx2.Client(
        base_url=f"{server.url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE_S
    )


def send(http: httpx2.Client, path: str, body: dict[str, Any], key: str) -> tuple[int, str, bool] | None:
    """Status, body, and whether it was a replay; None when the server is gone."""
    try:
        answer = http.post(path, json=body, headers={"Idempotency-Key": key})
    except httpx2.TransportError:
        return None
    return answer.status_code, answer.text, answer.headers.get("Idempotency-Replayed") == "true"


def test_nothing_is_lost_or_doubled_by_kills() -> None:
    project = create_project(actor=HOUSE, slug="apollo")
    create_operator(actor=HOUSE, username="ada", project=project, role="owner")
    crew = Crew({f"worker-{number}": a_worker(project, f"worker-{number}") for number in range(WORKERS)})
    for round_ in range(ROUNDS):
        for number in range(TASKS):
            create_task(
                actor=HOUSE, project=project, title=f"{round_}.{number}", description="Do it.", priority=3
            )
        with serving() as server:
            kill_in_the_middle(server, crew)
        Task.objects.filter(holder__isnull=False).update(lease_expires_at=timezone.now() - timedelta(hours=1))
        expire_leases()
        assert not Task.objects.filter(holder__isnull=False).exists()
    with serving() as server:
        assert_retries_are_harmless(server, crew)
        wait_for_the_relay(project)
    assert_history_is_whole(project)
    assert_every_message_is_there_once(crew)


def a_worker(project: Project, slug: str) -> str:
    return create_agent(actor=HOUSE, project=project, slug=slug, can_mention=True).key.secret


def kill_in_the_middle(server: LiveServer, crew: Crew) -> None:
    """Let the crew work until enough was answered, kill every process, and wait until all have noticed."""
    before = len(crew.calls)
    threads = [threading.Thread(target=crew.work, args=(server, slug)) for slug in crew.keys]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + PATIENCE_S
    while len(crew.calls) < before + WORK and time.monotonic() < deadline:
        time.sleep(0.005)
    server.kill()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(crew.calls) >= before + WORK, server.log.read_text()[-2000:]


def assert_retries_are_harmless(server: LiveServer, crew: Crew) -> None:
    # What ran when its process was killed may be taken over; here nobody waits for that.
    IdempotencyRecord.objects.filter(state="running").update(
        locked_until=timezone.now() - timedelta(seconds=1)
    )
    for call in crew.calls:
        with client(server, crew.keys[call.agent]) as http:
            again = sent_until_taken(http, call)
            if call.answer is None:
                call = Call(call.agent, call.path, call.body, call.key, again[:2])
                again = sent_until_taken(http, call)
        assert call.answer == again[:2]
        assert again[2], call


def sent_until_taken(http: httpx2.Client, call: Call) -> tuple[int, str, bool]:
    """The answer to a call, which is sent again while the database is not there."""
    for _ in range(50):
        answer = send(http, call.path, call.body, call.key)
        if answer is not None and answer[0] != 503:
            assert answer[0] < 500, (call, answer)
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{call} is never taken")


def wait_for_the_relay(project: Project) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        head = EventStream.objects.get(project=project).head_seq
        if RelayCursor.objects.filter(project=project, consumer="notifications", seq=head).exists():
            return
        time.sleep(0.1)
    raise AssertionError("the relay does not come to the end")


def assert_history_is_whole(project: Project) -> None:
    assert verify_chain(project).ok
    numbers = list(Event.objects.filter(project=project).order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert not RelayFailure.objects.exists()
    for task in Task.objects.filter(project=project):
        last = Transition.objects.filter(task=task).latest("id")
        assert last.to_status == task.status
    moved = Event.objects.filter(project=project, type="task.transitioned").count()
    assert moved == Transition.objects.filter(project=project).count()


def assert_every_message_is_there_once(crew: Crew) -> None:
    posted = Counter(Message.objects.filter(actor_kind="agent").values_list("idempotency_key", flat=True))
    told = [call for call in crew.calls if call.path.endswith("/messages") and call.answer]
    assert told
    assert all(posted[call.key] == 1 for call in told if call.answer and call.answer[0] == 201)
    assert set(posted.values()) == {1}
    mentioned = Notification.objects.filter(type="mention", user__username="ada")
    assert mentioned.count() == sum(posted.values())
