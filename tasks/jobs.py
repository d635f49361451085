"""The schedule of this app: thin, one service call each. Every job is safe to run twice at once."""

from __future__ import annotations

from missioncontrol.kernel.jobs import job
from tasks.services.importing import retention, running


@job("imports.work", every_s=15, lease_s=60)
def work_on_imports() -> None:
    """Bring imports further: read their files, write their tasks. Asks for another run when there is more."""
    if running.work():
        work_on_imports.nudge()


@job("imports.clean_up", daily_at="03:25")
def clean_up_imports() -> int:
    """Discard what nobody came back to, and what an ended import no longer needs."""
    return retention.clean_up()
