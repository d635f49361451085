"""The tasks app: the board and its rules."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class TasksConfig(AppConfig):
    """Joins the app's own rules to the transition service."""

    name = "tasks"
    verbose_name = "Tasks"

    def ready(self) -> None:
        """Let dependencies follow every transition."""
        from tasks.services import dependencies, hooks

        if dependencies.follow_up not in hooks.after_transition:
            hooks.after_transition.append(dependencies.follow_up)
        post_migrate.connect(_keep_the_index, sender=self)
        post_migrate.connect(_keep_history, sender=self)


def _keep_the_index(using: str, **_: Any) -> None:
    from tasks import search_index

    for source in (search_index.TASKS, search_index.MESSAGES):
        search_index.keep(connections[using], source)


def _keep_history(using: str, **_: Any) -> None:
    from tasks import event_triggers

    event_triggers.keep(connections[using])
