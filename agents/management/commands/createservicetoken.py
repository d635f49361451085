"""Make a token for a machine caller and print it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.services.keys import create_service_token
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import DomainError
from tasks.services.access import get_project


class Command(BaseCommand):
    """`manage.py createservicetoken NAME --project SLUG --scopes read,write`: printed once, stored nowhere."""

    help = "Make a service token and print it, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What the token may do; `--json` prints one object."""
        parser.add_argument("name")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--scopes", default="read", metavar="A,B", help="of read, write, operate, admin")
        parser.add_argument("--expires-in-s", type=int, default=None, metavar="SECONDS")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token as the installation's administrator."""
        actor = Actor.system("createservicetoken")
        try:
            made = create_service_token(
                actor=actor,
                project=get_project(actor, options["project"]),
                name=options["name"],
                scopes=[scope.strip() for scope in options["scopes"].split(",") if scope.strip()],
                expires_in_s=options["expires_in_s"],
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(
            json.dumps({"token": made.secret, "name": options["name"]}) if options["json"] else made.secret
        )
