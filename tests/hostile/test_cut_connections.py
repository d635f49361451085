"""Every connection to PostgreSQL and Redis is cut while agents work: some are told to try again, nothing breaks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import redis
from django.conf import settings
from django.db import connection

from tasks.models import Task
from tasks.services.people import create_operator
from tasks.services.projects import create_project
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE
from tests.hostile.test_killed import (
    HANDED_IN,
    PLAN,
    Call,
    Crew,
    a_worker,
    assert_every_message_is_there_once,
    assert_history_is_whole,
    assert_retries_are_harmless,
    client,
    wait_for_the_relay,
)
from tests.notifications.sockets import listening
from tests.support.server import LiveServer, serving

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
CUTS, WORKERS, TASKS = 6, 4, 150


class Stubborn(Crew):
    """A crew that asks again under the same key as long as it is told to."""

    def __init__(self, keys: dict[str, str]) -> None:
        super().__init__(keys)
        self.statuses: list[int] = []
        self.ended = threading.Event()

    def work(self, server: LiveServer, slug: str) -> None:
        """Claim, start, speak, hand in, until it is over."""
        with client(server, self.keys[slug]) as http:
            while not self.ended.is_set():
                claimed = self.ask(http, slug, "/agent/claim", {})
                if claimed is None or claimed[0] != 200:
                    self.ended.wait(0.05)
                    continue
                key = json.loads(claimed[1])["task"]["key"]
                self.ask(http, slug, f"/tasks/{key}/transition", {"to": "in_progress", "work_plan": PLAN})
                self.ask(http, slug, f"/tasks/{key}/messages", {"content": f"@ada {slug}."})
                self.ask(http, slug, f"/tasks/{key}/transition", {"to": "review", **HANDED_IN})

    def ask(self, http: httpx2.Client, slug: str, path: str, body: dict[str, Any]) -> tuple[int, str] | None:
        """Send one request, and send it again while the answer is that it may work later."""
        number = next(self.numbers)
        for _ in range(50):
            answer = http.post(path, json=body, headers={"Idempotency-Key": f"call-{number}"})
            self.statuses.append(answer.status_code)
            if answer.status_code != 503 and "idempotency_running" not in answer.text:
                break
            time.sleep(0.1)
        self.remember(slug, path, body, f"call-{number}", (answer.status_code, answer.text))
        return answer.status_code, answer.text


@pytest.fixture(autouse=True)
def _no_dead_connections(transactional_db: None) -> Iterator[None]:
    """The pool of this process was cut as well: what it still holds is not for the tests that follow."""
    yield
    connection.close()
    connection.close_pool()


def test_nobody_loses_work_when_connections_are_cut() -> None:
    project = create_project(actor=HOUSE, slug="apollo")
    ada = create_operator(actor=HOUSE, username="ada", project=project, role="owner")
    crew = Stubborn({f"worker-{number}": a_worker(project, f"worker-{number}") for number in range(WORKERS)})
    for number in range(TASKS):
        create_task(actor=HOUSE, project=project, title=f"Task {number}", description="Do it.", priority=3)
    with serving() as server, listening(server, "/ws/projects/apollo/events?after=0", user=ada) as line:
        threads = [threading.Thread(target=crew.work, args=(server, slug)) for slug in crew.keys]
        for thread in threads:
            thread.start()
        for _ in range(CUTS):
            time.sleep(0.4)
            cut_postgresql()
            cut_redis()
        crew.ended.set()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)
        odd = [call for call in crew.calls if call.answer and call.answer[0] not in {200, 201, 204, 409}]
        assert not odd, told(crew, odd[0])
        assert_retries_are_harmless(server, crew)
        wait_for_the_relay(project)
        head = line.read()["head"]
        seen = [event["seq"] for event in line.events(upto=head)]
        assert seen == list(range(1, seen[-1] + 1))
        server.check()
    assert not Task.objects.filter(holder__isnull=False).exists()
    assert_history_is_whole(project)
    assert_every_message_is_there_once(crew)


def cut_postgresql() -> None:
    """End every connection to the test's database but this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def cut_redis() -> None:
    """End every connection to the test's own database of Redis."""
    own = redis.Redis.from_url(settings.MC_REDIS_URL)
    me, number = own.client_id(), str(own.connection_pool.connection_kwargs.get("db", 0))
    for each in own.client_list():
        if each["db"] == number and int(each["id"]) != me:
            own.client_kill_filter(_id=each["id"])


def told(crew: Crew, odd: Call) -> str:
    """What the agent of an odd answer was told until then."""
    until = crew.calls.index(odd) + 1
    said = [call for call in crew.calls[:until] if call.agent == odd.agent][-6:]
    return "\n".join(f"{call.key} {call.path} {call.answer}"[:600] for call in said)
