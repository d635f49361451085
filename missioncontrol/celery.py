"""The Celery application: jobs of every app, with the schedule made from their declarations."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "missioncontrol.settings")

app = Celery("missioncontrol")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@app.on_after_finalize.connect
def set_schedule(sender: Celery, **_: Any) -> None:
    """Give beat the declared periods once every job is known."""
    from missioncontrol.kernel.jobs import beat_schedule

    sender.conf.beat_schedule = beat_schedule()


@beat_init.connect
def catch_up(**_: Any) -> None:
    """Ask for what fell due while no beat ran; a schedule that begins anew waits a whole period first."""
    from missioncontrol.kernel.jobs import nudge_overdue

    nudge_overdue()
