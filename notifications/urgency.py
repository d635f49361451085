"""What a person should look at first: the order of the inbox, most costly delay on top.

Six bands, and an order inside each of them:

| band | holds |
|---|---|
| SOON | requests that expire within a quarter of an hour: after that the answer is no |
| GRAVE | what is red: a risk that needs two people, a critical alert |
| STANDS | what keeps an agent standing still, which could work |
| WAITS | work that waits for a person: requests, reviews, blocks, questions, warnings |
| TOLD | what only wants to be read |
| MILD | what can wait: for information, or acknowledged by somebody |

Inside a band: the fewest minutes left, then the most agents standing still, then the task's priority, then the oldest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

SOON = timedelta(minutes=15)
ENDLESS = 10**9
"""The minutes left to what does not expire."""

NO_RANK = 5


class Band(IntEnum):
    """How costly it is to wait, the worst first."""

    SOON = 0
    GRAVE = 1
    STANDS = 2
    WAITS = 3
    TOLD = 4
    MILD = 5


@dataclass(frozen=True, slots=True)
class Pressure:
    """What makes waiting costly. `idle` counts agents that stand still; `rank` is the task's priority, 5 for none."""

    since: datetime
    expires_at: datetime | None = None
    red: bool = False
    idle: int = 0
    rank: int = NO_RANK
    told: bool = False
    mild: bool = False


def minutes_left(pressure: Pressure, now: datetime) -> int:
    """Whole minutes until it expires, 0 when that is past, ENDLESS when it does not expire."""
    if pressure.expires_at is None:
        return ENDLESS
    return max(0, int((pressure.expires_at - now).total_seconds() // 60))


def band(pressure: Pressure, now: datetime) -> Band:
    """The band it is in at `now`."""
    if pressure.mild:
        return Band.MILD
    if pressure.expires_at is not None and pressure.expires_at - now <= SOON:
        return Band.SOON
    if pressure.red:
        return Band.GRAVE
    if pressure.idle:
        return Band.STANDS
    return Band.TOLD if pressure.told else Band.WAITS


def urgency(pressure: Pressure, now: datetime) -> tuple[int, int, int, int, datetime]:
    """What the inbox is sorted by: the smallest comes first."""
    left = minutes_left(pressure, now)
    return band(pressure, now), left, -pressure.idle, pressure.rank, pressure.since
