"""The project itself as a Django app: commands, system checks, and what must be loaded everywhere."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class MissionControlConfig(AppConfig):
    """Loads every app's jobs, so that any process knows the schedule, and the system checks."""

    name = "missioncontrol"
    label = "missioncontrol"
    verbose_name = "Mission Control"

    def ready(self) -> None:
        """Import what registers itself."""
        from missioncontrol import checks  # noqa: F401

        autodiscover_modules("jobs")
