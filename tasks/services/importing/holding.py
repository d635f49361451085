"""Who works on an import: one worker at a time, for as long as it shows signs of life."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F, Q

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.transactions import unit
from tasks.models import Import, ImportState
from tasks.models.imports import WORKED
from tasks.services.access import Need, can
from tasks.services.importing.imports import counts, tell

HOLD = timedelta(seconds=30)
MOST_ATTEMPTS = 5
NO_RIGHT = "Whoever started it may not import here any more. What was brought stays; somebody else can import it again."
GAVE_UP = (
    f"It stopped {MOST_ATTEMPTS} times at the same place. What was brought stays; ask whoever runs Mission Control to"
    " look at its log."
)


class Lost(Exception):
    """The import was called off, or is held by another worker: nothing of the batch is written."""


@dataclass(slots=True)
class Held:
    """An import that this worker may work on, and the person for whom it does."""

    row: Import
    actor: Actor

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction in which the import is still ours; otherwise raises Lost and takes everything back."""
        with unit():
            rows = Import.objects.filter(pk=self.row.pk, holder=self.row.holder, state=self.row.state)
            now = database_now()
            if not rows.update(held_until=now + HOLD, changed_at=now, attempts=0):
                raise Lost
            yield

    def set(self, **changes: Any) -> None:
        """Write columns of the import; call it inside `batch()`."""
        Import.objects.filter(pk=self.row.pk).update(**changes)

    def fail(self, reason: str) -> None:
        """End the import with the reason; what it has brought stays."""
        with self.batch():
            _end(self.row, self.actor, ImportState.FAILED, reason)

    def finish(self) -> None:
        """End the import."""
        with self.batch():
            _end(self.row, self.actor, ImportState.DONE)

    def release(self) -> None:
        """Let others work on it."""
        Import.objects.filter(pk=self.row.pk, holder=self.row.holder).update(holder="", held_until=None)


def take() -> Held | None:
    """The import that has waited longest for a worker, or None."""
    with unit():
        now = database_now()
        free = Q(held_until=None) | Q(held_until__lte=now)
        rows = Import.objects.filter(free, state__in=WORKED).order_by("changed_at", "id")
        row = rows.select_for_update(skip_locked=True, of=("self",)).select_related("project", "user").first()
        if row is None:
            return None
        row.holder = secrets.token_hex(8)
        taken = {
            "holder": row.holder,
            "held_until": now + HOLD,
            "changed_at": now,
            "attempts": F("attempts") + 1,
        }
        Import.objects.filter(pk=row.pk).update(**taken)
        actor = _actor_of(row)
        reason = GAVE_UP if row.attempts >= MOST_ATTEMPTS else "" if actor else NO_RIGHT
        if reason:
            _end(row, actor or Actor.system("imports.work"), ImportState.FAILED, reason)
        return Held(row, actor or Actor.system("imports.work"))


def _actor_of(row: Import) -> Actor | None:
    """The person behind the import, while they may import here."""
    if row.user is None or not row.user.is_active or row.project.archived_at:
        return None
    actor = person(row.user).within(source="import")
    return actor if can(actor, row.project, Need.OPERATE) else None


def _end(row: Import, actor: Actor, state: str, reason: str = "") -> None:
    row.state, row.error, row.ended_at = state, reason[:500], database_now()
    row.save(update_fields=["state", "error", "ended_at"])
    row.pieces.all().delete()
    if row.started_at:
        fresh = Import.objects.get(pk=row.pk)
        type = "import.finished" if state == ImportState.DONE else "import.failed"
        tell(actor, row, type, {**counts(fresh), **({"reason": row.error} if row.error else {})})
