"""When a task goes round in circles. Pure: evidence goes in, a finding comes out.

Evidence is what people, services and agents did, oldest first; what Mission Control did itself is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

DEFAULTS: Mapping[str, Mapping[str, int]] = {
    "comment_storm": {"messages": 20, "minutes": 30},
    "review_cycles": {"cycles": 3},
    "back_and_forth": {"transitions": 6, "minutes": 60, "repeats": 3},
    "ping_pong": {"alternations": 8, "minutes": 10},
}
"""The thresholds a project may change with `loop_limits`, kind by kind, knob by knob."""

SCAN_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the thread."""

    at: datetime
    kind: str
    author: str
    name: str

    @property
    def by_agent(self) -> bool:
        """Whether an agent wrote it."""
        return self.kind == "agent"


@dataclass(frozen=True, slots=True)
class Moved:
    """One change of status."""

    at: datetime
    origin: str
    to: str
    name: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A loop: its kind, one sentence that says what was seen, the numbers, and who took part how often."""

    kind: str
    told: str
    numbers: dict[str, Any]
    parties: dict[str, int] = field(default_factory=dict)

    @property
    def evidence(self) -> dict[str, Any]:
        """What is stored with the detection."""
        return {"told": self.told, "parties": self.parties, **self.numbers}


Row = TypeVar("Row", Said, Moved)
Limits = Mapping[str, Mapping[str, int]]
Rule = Callable[[Sequence[Said], Sequence[Moved], Mapping[str, int]], "Finding | None"]


def limits_of(overrides: Any) -> Limits:
    """The thresholds of a project: the defaults with every valid knob of `overrides`; nonsense is passed over."""
    given = overrides if isinstance(overrides, Mapping) else {}
    return {kind: {**knobs, **_valid(given.get(kind), knobs)} for kind, knobs in DEFAULTS.items()}


def horizon(limits: Limits, *kinds: str) -> timedelta:
    """How far back the rules of these kinds look, the time between two scans included."""
    return timedelta(minutes=max(limits[kind]["minutes"] for kind in kinds)) + SCAN_EVERY


def find(said: Sequence[Said], moved: Sequence[Moved], limits: Limits, now: datetime) -> Finding | None:
    """The first rule that fires, in the order of `DEFAULTS`, or None. A storm that is long over is none any more."""
    for kind, rule in _RULES.items():
        knobs = limits[kind]
        finding = rule(_recent(said, kind, limits, now), _recent(moved, kind, limits, now), knobs)
        if finding is not None:
            return finding
    return None


def comment_storm(said: Sequence[Said], _moved: Sequence[Moved], limits: Mapping[str, int]) -> Finding | None:
    """More than so many messages in so many minutes, at least one of them by an agent."""
    most, minutes = limits["messages"], limits["minutes"]
    for burst in _bursts([message.at for message in said], most + 1, minutes):
        seen = said[burst]
        agents = sum(message.by_agent for message in seen)
        if agents:
            told = f"{len(seen)} messages within {minutes} minutes, {agents} of them by agents."
            numbers = {"messages": len(seen), "by_agents": agents, "minutes": minutes}
            return Finding("comment_storm", told, numbers, _parties(seen))
    return None


def review_cycles(_said: Sequence[Said], moved: Sequence[Moved], limits: Mapping[str, int]) -> Finding | None:
    """Sent back from review more than so many times."""
    returns = [move for move in moved if (move.origin, move.to) == ("review", "in_progress")]
    if len(returns) <= limits["cycles"]:
        return None
    told = f"Sent back from review {len(returns)} times."
    return Finding("review_cycles", told, {"cycles": len(returns)}, _parties(moved))


def back_and_forth(
    _said: Sequence[Said], moved: Sequence[Moved], limits: Mapping[str, int]
) -> Finding | None:
    """So many transitions in so many minutes, one of them repeated so often."""
    minutes = limits["minutes"]
    for burst in _bursts([move.at for move in moved], limits["transitions"], minutes):
        seen = moved[burst]
        (origin, to), repeats = Counter((move.origin, move.to) for move in seen).most_common(1)[0]
        if repeats >= limits["repeats"]:
            told = f"{len(seen)} transitions within {minutes} minutes, {origin} → {to} {repeats} times."
            numbers = {"transitions": len(seen), "pair": [origin, to], "repeats": repeats, "minutes": minutes}
            return Finding("back_and_forth", told, numbers, _parties(seen))
    return None


def ping_pong(said: Sequence[Said], _moved: Sequence[Moved], limits: Mapping[str, int]) -> Finding | None:
    """Two agents answering each other by themselves, more than so many times in so many minutes.

    Anybody else's message ends the exchange: a person is part of the talk, or a third agent is.
    """
    most, minutes = limits["alternations"], limits["minutes"]
    for exchange in _exchanges(said):
        turns = [after for before, after in pairwise(exchange) if after.author != before.author]
        for burst in _bursts([turn.at for turn in turns], most + 1, minutes):
            parties = _parties(exchange)
            count = burst.stop - burst.start
            told = f"{' and '.join(parties)} answered each other {count} times within {minutes} minutes."
            return Finding("ping_pong", told, {"alternations": count, "minutes": minutes}, parties)
    return None


_RULES: Mapping[str, Rule] = {
    "comment_storm": comment_storm,
    "review_cycles": review_cycles,
    "back_and_forth": back_and_forth,
    "ping_pong": ping_pong,
}


def _recent(rows: Sequence[Row], kind: str, limits: Limits, now: datetime) -> list[Row]:
    if "minutes" not in limits[kind]:
        return list(rows)
    since = now - horizon(limits, kind)
    return [row for row in rows if row.at > since]


def _bursts(times: Sequence[datetime], needed: int, minutes: int) -> Iterable[slice]:
    """Stretches of at least `needed` moments within `minutes`, each as long as it gets, latest first."""
    within = timedelta(minutes=minutes)
    begin = len(times)
    for end in range(len(times), 0, -1):
        begin = min(begin, end - 1)
        while begin > 0 and times[end - 1] - times[begin - 1] <= within:
            begin -= 1
        if end - begin >= needed:
            yield slice(begin, end)


def _exchanges(said: Sequence[Said]) -> Iterable[list[Said]]:
    """Every stretch in which only two agents spoke, as long as it gets; stretches share their common agent."""
    run: list[Said] = []
    for message in said:
        if not message.by_agent:
            yield from _worth(run)
            run = []
            continue
        authors = {each.author for each in run} | {message.author}
        if len(authors) > 2:
            yield from _worth(run)
            run = _last_of_one(run)
        run.append(message)
    yield from _worth(run)


def _worth(run: list[Said]) -> Iterable[list[Said]]:
    if len(run) > 1:
        yield run


def _last_of_one(run: Sequence[Said]) -> list[Said]:
    """The messages at the end of `run` that the last author wrote in a row."""
    kept: list[Said] = []
    for message in reversed(run):
        if message.author != run[-1].author:
            break
        kept.insert(0, message)
    return kept


def _parties(rows: Iterable[Said | Moved]) -> dict[str, int]:
    return dict(Counter(row.name for row in rows).most_common(10))


def _valid(given: Any, knobs: Mapping[str, int]) -> dict[str, int]:
    told = given if isinstance(given, Mapping) else {}
    return {
        name: value
        for name, value in told.items()
        if name in knobs and isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 100_000
    }
