"""`up --reload`: a parent that starts the process anew when a source file changes.

Django's own reloader runs the server on a thread of a process that it then replaces, and leaves it half dead when
a job is running. Here the child is an ordinary `up`, stopped the ordinary way.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

FOLDERS = ("missioncontrol", "tasks", "agents", "notifications", "templates")
SUFFIXES = {".py", ".html", ".txt"}
LOOK_EVERY_S = 0.7
STOP_WITHIN_S = 8.0


def run_reloading() -> int:
    """Run `up` in a child until it is told to stop; the exit code of the last child."""
    signal.signal(signal.SIGTERM, _interrupt)
    while True:
        child = subprocess.Popen([sys.executable, str(settings.BASE_DIR / "manage.py"), "up"])  # noqa: S603
        try:
            code = _until_change_or_end(child)
        except KeyboardInterrupt:
            return max(_stop(child), 0)
        if code is not None and code != 0:
            _until_change()
        _stop(child)


def _until_change_or_end(child: subprocess.Popen[bytes]) -> int | None:
    """None when a source file changed; the exit code when the child ended by itself."""
    before = snapshot()
    while child.poll() is None:
        time.sleep(LOOK_EVERY_S)
        if snapshot() != before:
            return None
    if child.returncode == 0:
        raise KeyboardInterrupt
    return child.returncode


def _until_change() -> None:
    before = snapshot()
    while snapshot() == before:
        time.sleep(LOOK_EVERY_S)


def snapshot() -> dict[Path, int]:
    """The time of the last change of every source file."""
    return {path: path.stat().st_mtime_ns for path in _sources()}


def _sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in (Path(settings.BASE_DIR) / folder).rglob("*"):
            if path.suffix in SUFFIXES and path.is_file():
                yield path


def _stop(child: subprocess.Popen[bytes]) -> int:
    if child.poll() is None:
        child.terminate()
    try:
        return child.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
