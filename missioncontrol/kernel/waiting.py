"""What a view that waits needs to know: may it hold its thread, and is the client still there."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from django.db import connection
from django.http import HttpRequest

ATTRIBUTE = "_mc_waiting"


@dataclass(frozen=True, slots=True)
class Waiting:
    """`gone` is set when the client left or the server stops: answer at once, nobody may read it.

    `may_wait` is False when most threads for waiting are taken: answer now what would be answered at the end.
    """

    gone: threading.Event = field(default_factory=threading.Event)
    may_wait: bool = True


def waiting_of(request: HttpRequest) -> Waiting:
    """The request's waiting state; outside the pooled handler (tests, a WSGI server) one that never changes."""
    found: Waiting | None = getattr(request, ATTRIBUTE, None)
    return found or Waiting()


def rest() -> None:
    """Hand this thread's database connection back before waiting; the next query takes another.

    There are more threads that wait than connections to PostgreSQL, and a waiting one needs none. Does nothing
    inside a transaction, or where connections are not pooled.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()
