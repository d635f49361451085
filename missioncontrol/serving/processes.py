"""Several web processes on one socket: bound once, handed to each, started again when one dies."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import time

from django.conf import settings

logger = logging.getLogger("missioncontrol.serving")
LOOK_EVERY_S = 0.2
RESTART_AFTER_S = 1.0
STOP_WITHIN_S = 8.0


class _Stop(Exception):
    """A signal asked for the end."""


def supervise(listener: socket.socket, count: int) -> int:
    """Keep `count` processes serving on `listener` until SIGINT or SIGTERM; 0 when all of them ended well."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    children = [_start(listener) for _ in range(count)]
    try:
        while True:
            time.sleep(LOOK_EVERY_S)
            children = [_alive(child, listener) for child in children]
    except _Stop:
        return _end(children)


def _start(listener: socket.socket) -> subprocess.Popen[bytes]:
    descriptor = listener.fileno()
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve", "--fd", str(descriptor)]
    return subprocess.Popen(command, pass_fds=[descriptor])  # noqa: S603 - our own command


def _alive(child: subprocess.Popen[bytes], listener: socket.socket) -> subprocess.Popen[bytes]:
    if child.poll() is None:
        return child
    logger.error("web process %s ended with %s, starting another", child.pid, child.returncode)
    time.sleep(RESTART_AFTER_S)
    return _start(listener)


def _end(children: list[subprocess.Popen[bytes]]) -> int:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_WITHIN_S
    return max(_wait(child, deadline) for child in children)


def _wait(child: subprocess.Popen[bytes], deadline: float) -> int:
    try:
        return abs(child.wait(max(deadline - time.monotonic(), 0.1)))
    except subprocess.TimeoutExpired:
        child.kill()
        return 1


def _stop(*_: object) -> None:
    raise _Stop
