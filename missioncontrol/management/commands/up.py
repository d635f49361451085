"""Start everything in one process."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from missioncontrol.embedded.reload import run_reloading
from missioncontrol.serving.server import AddressInUse, bind


class Command(BaseCommand):
    """`manage.py up`: server, jobs and schedule in this process, on SQLite; Ctrl-C ends it."""

    help = "Start Mission Control with everything in one process."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--reload` starts anew whenever a source file changes."""
        parser.add_argument("--reload", action="store_true", help="start anew when a source file changes")
        parser.add_argument("--no-setup", action="store_true", help="neither migrate nor make an operator")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop. Raises CommandError when that is not possible."""
        if settings.MC_REDIS_URL:
            raise CommandError("MC_REDIS_URL is set: run `serve`, a Celery worker and beat instead of `up`.")
        if options["reload"]:
            raise SystemExit(run_reloading())
        self.check(databases=None)
        try:
            listener = bind(settings.MC_BIND, settings.MC_PORT)
        except AddressInUse as error:
            raise CommandError(
                f"{error} is in use. Stop what runs there, or choose another port with MC_PORT."
            ) from error
        except OSError as error:
            raise CommandError(f"Cannot listen on {settings.MC_BIND}:{settings.MC_PORT}: {error}") from error
        from missioncontrol.embedded.up import run

        clean = run(listener, say=self.stdout.write, setup=not options["no_setup"])
        self.stdout.flush()
        # Pool threads are not daemons: a thread in a request nobody waits for must not hold the process.
        os._exit(0 if clean else 1)
