"""Claims over HTTP: every task granted exactly once, and what the product's rules cost beside a bare view.

Bars: 16 agents on 1,000 ready tasks, each granted exactly once, no errors; at least 60 % of the bare view's rate.
"""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench import ground

AGENTS = 16
TASKS = 1_000
ROUNDS = 3


@dataclass(frozen=True)
class Round:
    """One drain of the pool: what was granted, how fast, what went wrong."""

    granted: list[str]
    errors: Counter[int]
    seconds: float

    @property
    def rate(self) -> float:
        """Claims a second."""
        return len(self.granted) / self.seconds


def make_project(tasks: int) -> tuple[Any, list[str]]:
    """A project with that many ready tasks, and the keys of its agents."""
    from agents.services.registry import create_agent
    from missioncontrol.kernel.actor import Actor
    from tasks.services.projects import create_project

    system = Actor.system("bench")
    project = create_project(actor=system, slug=f"claims-{time.time_ns()}")
    fill(project, tasks)
    made = [
        create_agent(actor=system, project=project, slug=f"bot-{n}", max_concurrent_tasks=tasks)
        for n in range(AGENTS)
    ]
    return project, [one.key.secret for one in made]


def fill(project: Any, tasks: int) -> None:
    """Ready tasks as rows: claims read nothing else of them."""
    from tasks.models import Task

    for start in range(0, tasks, 5_000):
        Task.objects.bulk_create(
            Task(
                project=project,
                number=n,
                key=f"{project.key_prefix}-{n}",
                title=f"Task {n}",
                description="Work.",
                priority=1 + n % 4,
                status="ready",
                position=n,
            )
            for n in range(start + 1, min(start + 5_000, tasks) + 1)
        )


def drain(path: str, keys: list[str]) -> Round:
    """All agents claim until there is nothing left."""
    granted: list[str] = []
    errors: Counter[int] = Counter()
    gate = threading.Barrier(len(keys) + 1)

    def work(key: str) -> None:
        line = http.client.HTTPConnection("127.0.0.1", ground.PORT, timeout=60)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        gate.wait()
        while True:
            line.request("POST", path, b"{}", headers)
            answer = line.getresponse()
            body = answer.read()
            if answer.status == 204:
                return
            if answer.status == 200:
                granted.append(json.loads(body)["task"]["key"])
            else:
                errors[answer.status] += 1
                if sum(errors.values()) > 100:
                    return

    threads = [threading.Thread(target=work, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return Round(granted, errors, time.perf_counter() - began)


def measure() -> bool:
    """Print the table; whether every bar was reached."""
    ratios, exact = [], True
    with ground.server():
        for _ in range(ROUNDS):
            bare = drain("/bench/claim", make_project(TASKS)[1])
            ours = drain("/api/v1/agent/claim", make_project(TASKS)[1])
            once = len(ours.granted) == len(set(ours.granted)) == TASKS and not ours.errors
            exact &= once
            ratios.append(ours.rate / bare.rate)
            print(
                f"  claims  {ours.rate:6.0f}/s   bare {bare.rate:6.0f}/s   ratio {ratios[-1]:.2f}"
                f"   granted {len(ours.granted)} (distinct {len(set(ours.granted))}), errors {dict(ours.errors)}"
            )
    ratio = statistics.median(ratios)
    print(f"  each task granted exactly once: {exact} (bar: True)   ratio {ratio:.2f} (bar: 0.60)")
    return exact and ratio >= 0.6


def main() -> int:
    """Measure on the database the environment names."""
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    ground.prepare_environment()
    print(f"Claims, {AGENTS} agents on {TASKS} ready tasks, {ground.where()}")
    return 0 if measure() else 1


if __name__ == "__main__":
    raise SystemExit(main())
