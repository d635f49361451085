"""The kernel as a Django app: what every app shares and none owns."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """Holds the rows of background jobs and of idempotent requests."""

    name = "missioncontrol.kernel"
    label = "kernel"
    verbose_name = "Kernel"
