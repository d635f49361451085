"""The tasks app: the board and its rules."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Joins the app's own rules to the transition service."""

    name = "tasks"
    verbose_name = "Tasks"

    def ready(self) -> None:
        """Let dependencies follow every transition."""
        from tasks.services import dependencies, hooks

        if dependencies.follow_up not in hooks.after_transition:
            hooks.after_transition.append(dependencies.follow_up)
