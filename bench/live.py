"""From commit to other clients' sockets: how long, at what cost, and whether each event is rendered once.

The clock starts when the writer's transaction has committed. With PostgreSQL and Redis the writer is a process of
its own, as a Celery worker or another web process would be; embedded it writes over HTTP into the one process, and
the clock starts before the request, so that the figure holds the write too.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from bench import ground
from bench.sockets import open_sockets

EVENTS = int(os.environ.get("MC_BENCH_EVENTS", "120"))
PAUSE_S = 0.25
SIZES = (100, 1000)
BAR_MEDIAN_MS, BAR_P95_MS, BAR_CPU_US = 50.0, 150.0, 120.0


@dataclass
class Run:
    """What one size measured."""

    sockets: int
    committed: dict[int, float] = field(default_factory=dict)
    heard: list[tuple[int, float]] = field(default_factory=list)
    cpu_s: float = 0.0
    counts: dict[str, float] = field(default_factory=dict)

    def delays_ms(self) -> list[float]:
        """Commit to arrival for every delivered event, sorted."""
        return sorted((at - self.committed[seq]) * 1000 for seq, at in self.heard if seq in self.committed)


def main() -> int:
    """Measure each size and print a table; 1 when a bar is missed."""
    ground.prepare_environment()
    made = ground.make_ground(tasks=EVENTS)
    with ground.server() as process:
        runs = [asyncio.run(measure(size, made, process.pid)) for size in SIZES]
    print(f"Live, {ground.where()}: {EVENTS} events, one every {PAUSE_S * 1000:.0f} ms")
    met = [report(run) for run in runs]
    return int(not all(met))


async def measure(size: int, made: ground.Ground, pid: int) -> Run:
    """Open `size` board sockets, write, and wait until everybody has everything."""
    run = Run(size)
    path = f"/ws/projects/{made.slug}/board"
    sockets = await open_sockets(
        size, ground.PORT, path, {"Cookie": made.cookie}, lambda seq, at: run.heard.append((seq, at))
    )
    await asyncio.sleep(1)
    before, cpu = ground.counters(), ground.cpu_seconds(pid)
    writer = threading.Thread(target=write, args=(made, run))
    writer.start()
    while writer.is_alive() or len(run.heard) < size * len(run.committed):
        await asyncio.sleep(0.05)
        assert not any(socket.lost for socket in sockets), "a socket was closed"
    run.cpu_s = ground.cpu_seconds(pid) - cpu
    after = ground.counters()
    run.counts = {name: after[name] - before.get(name, 0) for name in after}
    for socket in sockets:
        socket.transport.close()
    await asyncio.sleep(0.5)
    return run


def write(made: ground.Ground, run: Run) -> None:
    """One change per task, evenly spaced."""
    from django.conf import settings
    from django.db import connection

    change = change_over_http if settings.MC_EMBEDDED else change_directly
    for number, task in enumerate(made.tasks):
        seq, at = change(made, task, f"{run.sockets} {number}")
        run.committed[seq] = at
        time.sleep(PAUSE_S)
    connection.close()


def change_directly(made: ground.Ground, task: Any, title: str) -> tuple[int, float]:
    """Edit through the service; the time is that of the commit."""
    from missioncontrol.kernel.actor import Actor
    from tasks.models import EventStream
    from tasks.services.tasks import edit_task

    edit_task(actor=Actor.system("bench"), task=task, changes={"title": title})
    at = time.time()
    return EventStream.objects.values_list("head_seq", flat=True).get(project=made.project), at


def change_over_http(made: ground.Ground, task: Any, title: str) -> tuple[int, float]:
    """Edit over the API; the time is that of the request."""
    from tasks.models import EventStream

    at = time.time()
    request = urllib.request.Request(
        f"http://127.0.0.1:{ground.PORT}/api/v1/tasks/{task.key}",
        method="PATCH",
        data=json.dumps({"title": title}).encode(),
        headers={"Authorization": f"Bearer {made.token}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=20).close()
    return EventStream.objects.values_list("head_seq", flat=True).get(project=made.project), at


def report(run: Run) -> bool:
    """Print one line of the table; whether it meets the bars for its size."""
    delays = run.delays_ms()
    median = statistics.median(delays)
    p95 = delays[int(len(delays) * 0.95)]
    cost = run.cpu_s * 1e6 / len(delays)
    events = run.counts["mc_live_events_total"]
    rendered = run.counts["mc_live_cards_rendered_total"] / events
    encoded = run.counts["mc_live_encodings_total"] / events
    met = (
        rendered <= 1
        and encoded <= 1
        and (median < BAR_MEDIAN_MS if run.sockets <= 100 else p95 < BAR_P95_MS)
    )
    if run.sockets >= 1000:
        met = met and cost <= BAR_CPU_US
    print(
        f"  {run.sockets:5} sockets  {len(delays):7} delivered  median {median:6.1f} ms  p95 {p95:6.1f} ms"
        f"  CPU {cost:5.0f} us/message  rendered {rendered:.2f} encoded {encoded:.2f} per event"
        f"  {'met' if met else 'MISSED'}"
    )
    return met


if __name__ == "__main__":
    raise SystemExit(main())
