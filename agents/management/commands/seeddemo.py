"""Fill an empty project with something to look at: `manage.py seeddemo --project SLUG [--json]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from agents.services.demo import seed
from tasks.models import Project


class Command(BaseCommand):
    """Fill an empty project with the demo's agents and cards; a project with tasks stays as it is."""

    help = "Fill an empty project with something to look at."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--project", required=True)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed and say how much there is."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        told = {"project": project.slug, "tasks": seed(project=project)}
        text = f"{told['tasks']} tasks on the board of {project.slug}."
        self.stdout.write(orjson.dumps(told).decode() if options["json"] else text)
