"""Register an agent and print its key."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.models import Level
from agents.services.registry import NewAgent, create_agent
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import DomainError
from tasks.services.access import get_project


class Command(BaseCommand):
    """`manage.py createagent SLUG --project SLUG`: the key is printed once and stored nowhere."""

    help = "Register an agent and print its key, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What the agent is; `--json` prints one object."""
        parser.add_argument("slug")
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--name", default="")
        parser.add_argument("--level", choices=Level.values, default=Level.SPECIALIST.value)
        parser.add_argument("--skills", default="", metavar="A,B", help="comma-separated")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Register the agent as the installation's administrator."""
        actor = Actor.system("createagent")
        skills = [skill.strip() for skill in options["skills"].split(",") if skill.strip()]
        try:
            made = create_agent(
                actor=actor,
                project=get_project(actor, options["project"]),
                slug=options["slug"],
                name=options["name"],
                level=options["level"],
                skills=skills,
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(json.dumps(_shown(made)) if options["json"] else made.key.secret)


def _shown(made: NewAgent) -> dict[str, Any]:
    agent = made.agent
    shown = {"id": str(agent.pk), "slug": agent.slug, "name": agent.name, "project": agent.project.slug}
    return {"key": made.key.secret, "agent": shown}
