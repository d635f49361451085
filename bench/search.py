"""How long a search takes among 100,000 tasks and as many messages.

Bar: 95 of 100 answers of `GET /api/v1/search` and `GET /api/v1/search/suggest` within 100 ms, one caller at a time,
over HTTP, on the database that is configured. Words are drawn as they are in prose: few are in nearly every text,
most in few.
"""

from __future__ import annotations

import os
import random
import sys
import time
from typing import Any
from urllib.parse import quote

from bench import ground
from bench.harness import Result, Wire, at_most, judge

THINGS = 100_000
BATCH = 2_000
BAR_MS = 100.0
ROUNDS = 12
TYPED = (2, 4, 7)
WORDS = 20_000
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
COMMON = ("the", "pump", "server", "deploy", "error")
SEARCHES = (
    "pump",
    "deploy error",
    "the server error deploy",
    "p",
    "se de",
    '"the pump"',
    "pump -error",
    "rudebu",
    "bobe fado",
    "fado error",
    "ba be",
    "pump status:blocked",
    "error label:api kind:task",
    "deploy type:docs kind:message",
    "error agent:scout",
    "status:blocked",
    "BENCH-77777",
    "nothingofthekind",
    "kind:event created",
)


def main() -> int:
    """Fill, search, judge."""
    ground.prepare_environment()
    made = ground.make_ground(tasks=1)
    began = time.perf_counter()
    key = fill(made.project)
    filled_s = time.perf_counter() - began
    print(
        f"Search, {ground.where()}: {THINGS:,} tasks and {THINGS:,} messages, load {os.getloadavg()[0]:.1f}"
    )
    with ground.server() as process:
        before = ground.cpu_seconds(process.pid)
        results = measure(made, key)
        spent_ms = (ground.cpu_seconds(process.pid) - before) * 1000 / (len(SEARCHES) * (ROUNDS + len(TYPED)))
    print(f"  load at the end {os.getloadavg()[0]:.1f}")
    told = [
        Result("filling and indexing", filled_s, "s"),
        Result("processor time of an answer", spent_ms, "ms"),
    ]
    return judge([*told, *results])


def fill(project: Any) -> str:
    """Tasks and messages in bulk; the prefix of the tasks' keys."""
    from django.db import connection

    from agents.services.registry import create_agent
    from missioncontrol.kernel.actor import Actor
    from tasks.models import Assignment, Label, Task

    chance = random.Random(7)
    agent = create_agent(actor=Actor.system("bench"), project=project, slug="scout").agent
    label = Label.objects.create(project=project, name="api")
    through = Task.labels.through
    for start in range(0, THINGS, BATCH):
        tasks = _some(project, chance, start)
        marked = tasks[::10]
        through.objects.bulk_create([through(task_id=task.pk, label_id=label.pk) for task in marked])
        Assignment.objects.bulk_create([Assignment(task=task, agent=agent) for task in marked])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    return str(project.key_prefix)


def _some(project: Any, chance: random.Random, start: int) -> list[Any]:
    from tasks.models import Message, Task

    statuses, types = ("inbox", "ready", "blocked", "review"), ("engineering", "docs", "ops")
    tasks = [
        Task(
            project=project, number=number, key=f"{project.key_prefix}-{number}", title=_prose(chance, 6),
            description=_prose(chance, 40), status=statuses[number % 4], type=types[number % 3], position=number,
        )
        for number in range(start + 10, start + 10 + BATCH)
    ]  # fmt: skip
    Task.objects.bulk_create(tasks, batch_size=500)
    messages = [Message(project=project, task=task, content=_prose(chance, 40)) for task in tasks]
    Message.objects.bulk_create(messages, batch_size=500)
    return tasks


def _prose(chance: random.Random, length: int) -> str:
    """Words by rank: the few common ones are everywhere, the n-th other one about 1/n as often as the first."""
    ranks = (int(WORDS ** chance.random()) for _ in range(length))
    return " ".join(chance.choice(COMMON) if chance.random() < 0.1 else _word(rank) for rank in ranks)


def _word(rank: int) -> str:
    word, rest = "", rank + len(SYLLABLES)
    while rest:
        rest, syllable = divmod(rest, len(SYLLABLES))
        word += SYLLABLES[syllable]
    return word


def measure(made: ground.Ground, prefix: str) -> list[Result]:
    """Every search several times, and what is suggested on the way to typing each."""
    wire = Wire(f"http://127.0.0.1:{ground.PORT}")
    found = {
        q: [_ask(wire, made, "search", q.replace("BENCH", prefix)) for _ in range(ROUNDS)] for q in SEARCHES
    }
    typed = [_ask(wire, made, "search/suggest", q[:length]) for q in SEARCHES for length in TYPED]
    wire.close()
    for q, times in sorted(found.items(), key=lambda item: -max(item[1])):
        print(f"  {q:<32} {sorted(times)[len(times) // 2]:8.1f} ms, at most {max(times):.1f} ms")
    return [
        at_most("search, p95", _p95([one for times in found.values() for one in times]), BAR_MS, "ms"),
        at_most("suggest, p95", _p95(typed), BAR_MS, "ms"),
    ]


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _ask(wire: Wire, made: ground.Ground, path: str, q: str) -> float:
    lines = (
        f"GET /api/v1/{path}?q={quote(q)} HTTP/1.1", f"Host: {wire.host}", f"Authorization: Bearer {made.token}",
    )  # fmt: skip
    began = time.perf_counter()
    status, body = wire.ask("\r\n".join([*lines, "", ""]).encode())
    assert status == 200, body
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())
