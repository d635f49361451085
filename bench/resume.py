"""A reader that loses its connection 200 times while eight processes write: nothing missed, nothing doubled."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.synchronize import Event as Flag

import orjson
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bench import ground

WRITERS = 8
RECONNECTS = 200
EVENTS_PER_LIFE = 12
"""How many events a connection lives for, on average."""

QUIET_S = 20.0


def main() -> int:
    """Write and read until the reader has come back often enough; 1 when a number is missing or came twice."""
    ground.prepare_environment()
    made = ground.make_ground(tasks=WRITERS)
    start = _head(made)
    enough = multiprocessing.get_context("spawn").Event()
    with ground.server():
        writers = [
            multiprocessing.get_context("spawn").Process(target=write, args=(made.slug, number, enough))
            for number in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        seen = read(made, start, enough)
        for writer in writers:
            writer.join(30)
        seen += drain(made, seen[-1] if seen else start)
    return report(made, start, seen)


def write(slug: str, number: int, enough: Flag) -> None:
    """Edit one task again and again until told that it is enough."""
    ground.prepare_environment()
    from missioncontrol.kernel.actor import Actor
    from tasks.models import Task
    from tasks.services.tasks import edit_task

    actor = Actor.system("bench")
    task = Task.objects.filter(project__slug=slug).order_by("number")[number]
    count = 0
    while not enough.is_set():
        count += 1
        edit_task(actor=actor, task=task, changes={"title": f"Writer {number}, change {count}"})
        time.sleep(random.random() * 0.02)


def read(made: ground.Ground, after: int, enough: Flag) -> list[int]:
    """The numbers read over `RECONNECTS` connections, each cut without a good-bye."""
    seen: list[int] = []
    for _ in range(RECONNECTS):
        life = random.randint(1, 2 * EVENTS_PER_LIFE)
        with _listening(made, seen[-1] if seen else after) as connection:
            _read_some(connection, seen, life)
            connection.socket.close()
    enough.set()
    return seen


def drain(made: ground.Ground, after: int) -> list[int]:
    """What is left once nobody writes any more."""
    seen: list[int] = []
    head = _head(made)
    if after >= head:
        return seen
    with _listening(made, after) as connection:
        while not seen or seen[-1] < head:
            _read_some(connection, seen, 1)
    return seen


def report(made: ground.Ground, start: int, seen: list[int]) -> int:
    """Print what came and what did not."""
    head = _head(made)
    missed = set(range(start + 1, head + 1)) - set(seen)
    doubled = len(seen) - len(set(seen))
    in_order = seen == sorted(seen)
    met = not missed and not doubled and in_order and bool(seen)
    print(f"Resume, {ground.where()}: {WRITERS} writers, {RECONNECTS} reconnections")
    print(
        f"  {head - start} events written, {len(seen)} read, {len(missed)} missed, {doubled} doubled,"
        f" {'in order' if in_order else 'OUT OF ORDER'}  {'met' if met else 'MISSED'}"
    )
    return int(not met)


def _listening(made: ground.Ground, after: int) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{ground.PORT}/ws/projects/{made.slug}/events?after={after}",
        additional_headers={"Authorization": f"Bearer {made.token}"},
        compression=None,
        open_timeout=QUIET_S,
        close_timeout=0.1,
    )


def _read_some(connection: ClientConnection, seen: list[int], upto: int) -> None:
    """Read until `upto` more numbers came, or the connection ends."""
    wanted = len(seen) + upto
    while len(seen) < wanted:
        try:
            frame = orjson.loads(connection.recv(timeout=QUIET_S))
        except ConnectionClosed:
            return
        if frame["type"] not in ("event", "events"):
            continue
        seen += [event["seq"] for event in frame.get("events", [frame])]
        connection.send(orjson.dumps({"type": "ack", "seq": seen[-1]}).decode())


def _head(made: ground.Ground) -> int:
    from tasks.models import EventStream

    return EventStream.objects.values_list("head_seq", flat=True).get(project=made.project)


if __name__ == "__main__":
    raise SystemExit(main())
