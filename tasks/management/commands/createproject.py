"""Make a project: `manage.py createproject SLUG [--name NAME] [--workflow guarded|light] [--json]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import DomainError
from tasks.services.projects import create_project


class Command(BaseCommand):
    """Make a project."""

    help = "Make a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug")
        parser.add_argument("--name", default="")
        parser.add_argument("--prefix", default="", help="The PRJ of PRJ-12.")
        parser.add_argument("--workflow", choices=["guarded", "light"], default="guarded")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it and say so."""
        try:
            project = create_project(
                actor=Actor.system("command"),
                slug=options["slug"],
                name=options["name"],
                key_prefix=options["prefix"],
                workflow=options["workflow"],
            )
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        told = {
            "slug": project.slug,
            "id": str(project.pk),
            "key_prefix": project.key_prefix,
            "workflow": project.workflow,
        }
        self.stdout.write(orjson.dumps(told).decode() if options["json"] else f"Made project {project.slug}.")
