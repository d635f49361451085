"""The one process: prepare, serve on the main thread, work on others, and stop in the right order."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from django.conf import settings

from missioncontrol.celery import app
from missioncontrol.embedded.first_run import FirstRun, prepare
from missioncontrol.embedded.workers import EmbeddedWorkers
from missioncontrol.serving.server import Server

Say = Callable[[str], object]


def run(listener: socket.socket, *, say: Say, setup: bool = True) -> bool:
    """Serve on `listener` until SIGINT or SIGTERM. True when everything had ended before the process does."""
    found = prepare() if setup else FirstRun()
    # `up` has run the system checks; Celery would run them again and show nothing of what they say.
    os.environ["CELERY_SKIP_CHECKS"] = "true"
    # The worker must exist before an event loop runs on this thread.
    workers = EmbeddedWorkers(app)
    from missioncontrol.asgi import application, handler

    ended: list[bool] = []
    server = Server(
        application,
        listener,
        max_body=settings.MC_MAX_BODY,
        on_ready=lambda: _ready(workers, found, say),
        on_stop=(lambda: ended.append(handler.close()), lambda: ended.append(workers.stop())),
        trust_proxy=settings.MC_TRUST_PROXY,
    )
    server.run()
    say("Stopped.")
    return all(ended)


def _ready(workers: EmbeddedWorkers, found: FirstRun, say: Say) -> None:
    workers.start()
    say(f"Mission Control is at {settings.MC_SITE_URL}")
    if found.sign_in:
        say(f"First sign-in, works once: {found.sign_in}")
    say("Ctrl-C stops it.")
