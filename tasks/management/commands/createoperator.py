"""Make a person: `manage.py createoperator NAME --project SLUG [--role owner|operator|viewer] [--staff] [--json]`."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import DomainError
from tasks.models import Project, Role
from tasks.services.people import create_operator, issue_sign_in_link


class Command(BaseCommand):
    """Make a person with a role in a project.

    The password comes from `MC_OPERATOR_PASSWORD`; without one the answer carries a link that signs in once.
    """

    help = "Make a person with a role in a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("name")
        parser.add_argument("--project", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.OPERATOR.value)
        parser.add_argument("--email", default="")
        parser.add_argument("--staff", action="store_true", help="May also use the admin.")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the person and say how to sign in."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project “{options['project']}”.")
        password = os.environ.get("MC_OPERATOR_PASSWORD", "")
        try:
            user = create_operator(
                actor=Actor.system("command"),
                username=options["name"],
                project=project,
                role=options["role"],
                password=password or None,
                email=options["email"],
                staff=options["staff"],
            )
        except DomainError as refusal:
            raise CommandError(refusal.message) from refusal
        link = "" if password else f"{settings.MC_SITE_URL}/sign-in/{issue_sign_in_link(user=user)}"
        told = {
            "name": user.username,
            "project": project.slug,
            "role": options["role"],
            "sign_in_link": link or None,
        }
        self.stdout.write(orjson.dumps(told).decode() if options["json"] else _sentence(told))


def _sentence(told: dict[str, Any]) -> str:
    made = f"{told['name']} is {told['role']} of {told['project']}."
    return f"{made} Sign in once at {told['sign_in_link']}" if told["sign_in_link"] else made
