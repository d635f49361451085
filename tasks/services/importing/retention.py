"""What imports leave behind: files nobody came back to, rows that were never written."""

from __future__ import annotations

from datetime import datetime, timedelta

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict
from tasks.models import Import, ImportRow, ImportState, RowResult
from tasks.models.imports import ENDED
from tasks.services.importing.imports import cancel

FORGOTTEN = timedelta(days=7)
WAITS = (ImportState.UPLOADING, ImportState.MAPPING, ImportState.PREVIEW)


def clean_up(*, now: datetime | None = None) -> int:
    """Call off imports that waited a week for a person, and forget rows of ended ones; how many were called off."""
    before = (now or database_now()) - FORGOTTEN
    forgotten = 0
    for source in Import.objects.filter(state__in=WAITS, changed_at__lt=before).select_related("project"):
        try:
            cancel(actor=Actor.system("imports.clean_up"), source=source)
            forgotten += 1
        except Conflict:
            continue
    ImportRow.objects.filter(source__state__in=ENDED, result=RowResult.WAITING).delete()
    return forgotten
