"""The agents app: who works, and under what rules."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class AgentsConfig(AppConfig):
    """Names the app for Django and connects its rules to the board."""

    name = "agents"
    verbose_name = "Agents"

    def ready(self) -> None:
        """Connect what this app adds to the board's rules."""
        from agents.api import schema  # noqa: F401 - registers itself
        from agents.services.wiring import connect

        connect()
        post_migrate.connect(_keep_the_index, sender=self)


def _keep_the_index(using: str, **_: Any) -> None:
    from agents.search_source import AGENTS
    from tasks import search_index

    search_index.keep(connections[using], AGENTS)
