"""The change this thread is recording so that it can be undone. Pure: services note in it, events name it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.ids import uuid7


@dataclass(slots=True)
class Recording:
    """What a change has touched so far: by task id, the picture of it as it was. `until` is known with the first."""

    actor: Actor
    seconds: float
    id: UUID = field(default_factory=uuid7)
    made_at: datetime | None = None
    until: datetime | None = None
    before: dict[UUID, Any] = field(default_factory=dict)
    closed: bool = False
    kept: bool = False

    def as_data(self) -> dict[str, str]:
        """How events name the change they belong to."""
        assert self.until is not None
        return {"id": str(self.id), "until": self.until.isoformat()}


class _Open(threading.local):
    recording: Recording | None = None


_open = _Open()


def current() -> Recording | None:
    """The recording of this thread, until its unit of work is about to commit."""
    recording = _open.recording
    return None if recording is None or recording.closed else recording


def mark() -> dict[str, dict[str, str]]:
    """What an event's data says about the change it belongs to; empty when nothing is recorded."""
    recording = current()
    return {"change": recording.as_data()} if recording is not None and recording.before else {}


@contextmanager
def opened(recording: Recording) -> Iterator[Recording]:
    """Record on this thread until the block ends."""
    outer, _open.recording = _open.recording, recording
    try:
        yield recording
    finally:
        recording.closed = True
        _open.recording = outer
