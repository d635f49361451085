"""The schedule of this app: thin, one service call each."""

from __future__ import annotations

import logging
import time
from uuid import UUID

from django.conf import settings
from kombu.exceptions import OperationalError

from missioncontrol.kernel.jobs import job
from notifications.handlers import handle, is_handled
from notifications.live.nudge import Nudger
from notifications.services import relay
from notifications.services.held import change_in
from tasks.models import Event

logger = logging.getLogger("missioncontrol.relay")

PAST_IT_S = 2.0
"""How long after the end of a change that could be undone the relay still looks every second."""

CONSUMER = "notifications"


@job("notifications.relay", every_s=5)
def relay_events() -> int:
    """Turn new events into notifications. Nudged after each commit; the schedule is the guarantee."""
    return relay.drain(consumer=CONSUMER, handle=handle)


def relay_soon(_project_id: UUID, events: list[Event]) -> None:
    """Ask for a run of the relay when it has something to do, without making the writer wait for the broker."""
    if any(map(is_handled, events)):
        waits = any(change_in(event) is not None for event in events)
        _nudger.ask(until=time.monotonic() + settings.MC_UNDO_S + PAST_IT_S if waits else 0.0)


def _send() -> None:
    try:
        relay_events.task.delay()
    except OperationalError as error:
        logger.warning("relay nudge lost, the schedule will do: %s", type(error).__name__)


_nudger = Nudger(_send)
