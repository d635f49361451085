"""What a claim costs the database as a project grows from 1,000 to 1,000,000 ready tasks; needs PostgreSQL.

Bar: at most 1.2 times. The statements of a claim are timed one by one inside the process, so that what Python does
around them does not hide what the database does. Sizes are measured in turn, several times, and medians compared.
"""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

SIZES = (1_000, 1_000_000)
ROUNDS = 5
CLAIMS = 60

FILL = """
INSERT INTO tasks_task (id, project_id, number, key, title, description, type, priority, status, status_since,
  position, required_skills, progress, progress_note, actual_cost, review_cycles, blocked_reason, blocked_by,
  block_cause, return_status, triage_suspended, lease_token, lease_s, abandoned_attempts, open_dependencies,
  dependency_flag, message_count, external_chat_id, external_thread_id, source, source_ref, created_by_kind,
  created_by_id, created_by_name, idempotency_key, created_at, updated_at, version)
SELECT gen_random_uuid(), %s, n, %s || '-' || n, 'Task', 'Work.', 'engineering', 1 + n %% 4, 'ready', now(),
  n, '[]', 0, '', 0, 0, '', '', '', '', false, 0, 1800, 0, 0, '', 0, '', '', 'api', '', 'system', '', '', '',
  now() + n * interval '1 millisecond', now(), 1
FROM generate_series(1, %s) AS n
"""


class Stopwatch:
    """Adds up the time spent waiting for the database."""

    seconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Time one statement."""
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began


def project_with(tasks: int) -> Any:
    """An agent's actor in a project with that many ready tasks."""
    from django.db import connection

    from agents.services.registry import create_agent
    from missioncontrol.kernel.actor import Actor
    from tasks.services.projects import create_project

    system = Actor.system("bench")
    project = create_project(actor=system, slug=f"scale-{time.time_ns()}")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(FILL, [project.pk, project.key_prefix, tasks])
    agent = create_agent(actor=system, project=project, slug="bot", max_concurrent_tasks=10_000).agent
    return Actor(kind="agent", id=str(agent.pk), name="bot", project_id=project.pk, flags=agent.flags)


def cost_ms(actor: Any) -> float:
    """Milliseconds the database takes for one claim: the median of several."""
    from django.db import connection

    from agents.services.claims import claim

    costs = []
    for _ in range(CLAIMS):
        watch = Stopwatch()
        with connection.execute_wrapper(watch):
            assert claim(actor=actor) is not None
        costs.append(watch.seconds * 1000)
    return statistics.median(costs)


def main() -> int:
    """Measure; 0 when the bar is reached."""
    assert os.environ.get("MC_DATABASE_URL"), "this measurement needs PostgreSQL: set MC_DATABASE_URL"
    from bench import ground

    ground.prepare_environment()
    from django.db import connection

    actors = [project_with(size) for size in SIZES]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tasks_task")
    costs: list[list[float]] = [[cost_ms(actor) for actor in actors] for _ in range(ROUNDS)][1:]
    small, large = (statistics.median(column) for column in zip(*costs, strict=True))
    ratio = statistics.median(row[1] / row[0] for row in costs)
    for size, cost in zip(SIZES, (small, large), strict=True):
        print(f"  {size:>9,} ready tasks   {cost:.2f} ms in the database per claim")
    print(f"  ratio {ratio:.2f} (bar: 1.20)")
    return 0 if ratio <= 1.2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
