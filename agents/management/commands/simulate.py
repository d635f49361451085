"""Let simulated agents work on a running server: `manage.py simulate [--json]`."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from agents.models import ServiceToken
from agents.services.keys import create_service_token, revoke_service_token
from clients.demo.__main__ import main
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import DomainError
from tasks.models import Project
from tasks.services.access import get_project

ACTOR = Actor.system("simulate")
SCOPES = ("read", "write", "operate", "admin")
LONGEST_S = 24 * 3600


class Command(BaseCommand):
    """`clients.demo` with a token of its own, which ends with it; see docs/demo.md for what the agents do."""

    help = "Let simulated agents work on a running server, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options that people change; `--json` prints one object at the end."""
        parser.add_argument("--project", default="demo", metavar="SLUG")
        parser.add_argument("--url", default=settings.MC_SITE_URL, help="the running server")
        parser.add_argument("--agents", type=int, default=5, metavar="N")
        parser.add_argument("--seconds", type=float, default=0.0, help="how long; 0 runs until Ctrl-C")
        parser.add_argument("--pace", type=float, default=2.0, help="seconds between two acts of an agent")
        parser.add_argument("--seed", type=int, default=None, help="repeat the same choices")
        parser.add_argument("--no-autopilot", action="store_true", help="leave the operator's part to you")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the simulation; exits with its code."""
        try:
            project = get_project(ACTOR, options["project"])
        except DomainError as error:
            raise CommandError(error.message) from error
        with _token(project) as secret, redirect_stdout(sys.stderr if options["json"] else sys.stdout):
            code = main([*_arguments(options), "--token", secret])
        if options["json"]:
            told = {
                "project": project.slug,
                "url": options["url"],
                "agents": options["agents"],
                "exit_code": code,
            }
            self.stdout.write(json.dumps(told))
        if code:
            raise SystemExit(code)


@contextmanager
def _token(project: Project) -> Iterator[str]:
    """A service token that works while the simulation does."""
    made = create_service_token(
        actor=ACTOR, project=project, name="simulate", scopes=SCOPES, expires_in_s=LONGEST_S
    )
    try:
        yield made.secret
    finally:
        revoke_service_token(actor=ACTOR, token=ServiceToken.objects.get(prefix=made.prefix))


def _arguments(options: dict[str, Any]) -> list[str]:
    named = ("project", "url", "agents", "seconds", "pace", "seed")
    given = [(name, options[name]) for name in named if options[name] is not None]
    told = [part for name, value in given for part in (f"--{name}", str(value))]
    return [*told, "--no-autopilot"] if options["no_autopilot"] else told
