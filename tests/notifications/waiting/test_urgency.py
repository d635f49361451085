"""The order of the inbox: what waiting costs most comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from notifications.urgency import ENDLESS, Band, Pressure, band, minutes_left, urgency

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=3)


def waiting(minutes: int | None = None, **fields: object) -> Pressure:
    expires = None if minutes is None else NOW + timedelta(minutes=minutes)
    return Pressure(**{"since": EARLIER, "expires_at": expires, **fields})  # type: ignore[arg-type]


def test_each_reason_beats_all_that_stand_below_it() -> None:
    ladder = [
        waiting(3),
        waiting(15),
        waiting(16, red=True, idle=1),
        waiting(16, red=True),
        waiting(red=True),
        waiting(16, idle=2),
        waiting(idle=3),
        waiting(idle=2),
        waiting(20),
        waiting(rank=1),
        waiting(),
        waiting(since=NOW),
        waiting(told=True),
        waiting(mild=True, red=True, idle=5),
    ]
    for first, second in pairwise(ladder):
        assert urgency(first, NOW) < urgency(second, NOW), (first, second)


def test_bands_are_as_documented() -> None:
    assert [band(one, NOW) for one in (waiting(15), waiting(16), waiting(16, red=True))] == [
        Band.SOON,
        Band.WAITS,
        Band.GRAVE,
    ]
    assert minutes_left(waiting(), NOW) == ENDLESS
    assert minutes_left(waiting(-5), NOW) == 0


@given(
    st.lists(
        st.builds(
            waiting,
            st.one_of(st.none(), st.integers(-10, 2000)),
            red=st.booleans(),
            idle=st.integers(0, 9),
            rank=st.integers(1, 5),
            mild=st.booleans(),
        ),
        min_size=2,
        max_size=8,
    )
)
def test_waiting_longer_never_lowers_what_is_left_of_the_same_kind(found: list[Pressure]) -> None:
    for one in found:
        aged = Pressure(
            one.since - timedelta(days=1), one.expires_at, one.red, one.idle, one.rank, one.told, one.mild
        )
        assert urgency(aged, NOW) < urgency(one, NOW)
