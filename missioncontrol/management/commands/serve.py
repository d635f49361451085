"""Serve the web side where PostgreSQL, Redis and Celery run beside it."""

from __future__ import annotations

import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from missioncontrol.serving.processes import supervise
from missioncontrol.serving.server import AddressInUse, Server, bind


class Command(BaseCommand):
    """`manage.py serve`: one or several web processes on one address."""

    help = "Serve pages, API and sockets; jobs run in Celery."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--fd` is how the parent hands its socket to its processes."""
        parser.add_argument("--processes", type=int, default=1, help="number of web processes (default 1)")
        parser.add_argument("--fd", type=int, default=None, help="serve on this open listening socket")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop. Raises CommandError when the address cannot be had."""
        if options["processes"] > 1 and not settings.MC_REDIS_URL:
            raise CommandError("Several processes need MC_REDIS_URL: sockets of one would miss the others.")
        if options["fd"] is None:
            self.check(databases=None)
        listener = _listener(options["fd"])
        if options["fd"] is None:
            self.stdout.write(f"Mission Control is at {settings.MC_SITE_URL}")
        if options["processes"] > 1:
            raise SystemExit(supervise(listener, options["processes"]))
        from missioncontrol.asgi import application, handler

        server = Server(
            application,
            listener,
            max_body=settings.MC_MAX_BODY,
            on_stop=(handler.close,),
            trust_proxy=settings.MC_TRUST_PROXY,
        )
        server.run()
        self.stdout.flush()
        # Pool threads are not daemons: a thread in a request nobody waits for must not hold the process.
        os._exit(0)


def _listener(descriptor: int | None) -> socket.socket:
    if descriptor is not None:
        return socket.socket(fileno=descriptor)
    try:
        return bind(settings.MC_BIND, settings.MC_PORT)
    except AddressInUse as error:
        raise CommandError(
            f"{error} is in use. Stop what runs there, or choose another port with MC_PORT."
        ) from error
    except OSError as error:
        raise CommandError(f"Cannot listen on {settings.MC_BIND}:{settings.MC_PORT}: {error}") from error
