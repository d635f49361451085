"""The agents app: who works, and under what rules."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    """Names the app for Django and connects its rules to the board."""

    name = "agents"
    verbose_name = "Agents"

    def ready(self) -> None:
        """Connect what this app adds to the board's rules."""
        from agents.api import schema  # noqa: F401 - registers itself
        from agents.services.wiring import connect

        connect()
