"""Who looks at a board now, at which card, and who drags one: known to the serving processes alone, and soon forgotten.

No row and no event tells of it. Each process keeps what its own sockets said and what the other processes told a
moment ago. The hub calls `turn` once a second: at most one frame a second goes to a project, whoever does what.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from notifications.live.frames import encode

SHOWN = 20
CARDS_EACH = 3
SAID_LASTS_S = 25.0
"""A socket says again every 10 s where it looks; one that has gone silent is forgotten after this."""

TOLD_LASTS_S = 10.0
TELL_EVERY_S = 4.0
BURST, PER_S = 20.0, 4.0
KEY = re.compile(r"[A-Z][A-Z0-9]{0,15}-[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a board, as everybody there sees them. `cards` are looked at, `drag` is held."""

    id: int
    name: str
    initials: str
    hue: int
    cards: tuple[str, ...] = ()
    drag: str | None = None

    def as_data(self) -> dict[str, Any]:
        """The person in a frame, and between processes."""
        names = ("id", "name", "initials", "hue", "cards", "drag")
        return {name: getattr(self, name) for name in names}

    def with_(self, other: Person) -> Person:
        """The same person seen twice: in two tabs, or by two processes."""
        cards = tuple(dict.fromkeys((*self.cards, *other.cards)))[:CARDS_EACH]
        return replace(self, cards=cards, drag=self.drag or other.drag)


class Looker(Protocol):
    """A socket that takes part."""

    def say(self, text: str) -> None:
        """Pass on a frame that has no number."""


@dataclass(slots=True)
class Allowance:
    """What one socket may say: a burst, and then a little a second. What is beyond is not heard."""

    clock: Callable[[], float] = time.monotonic
    left: float = BURST
    at: float = 0.0

    def take(self) -> bool:
        """Whether one more is allowed now."""
        now = self.clock()
        self.left = min(BURST, self.left + (now - self.at) * PER_S) if self.at else BURST
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True)
class _Crowd:
    """One project's people, as this process knows them."""

    here: dict[Looker, tuple[float, Person]] = field(default_factory=dict)
    elsewhere: dict[str, tuple[float, list[Person]]] = field(default_factory=dict)
    fresh: set[Looker] = field(default_factory=set)
    frame: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    told_at: float = -TELL_EVERY_S
    asked: bool = False


class Presence:
    """The people at every board of this process; belongs to the hub's loop."""

    def __init__(self, process: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.process = process
        self._clock = clock
        self._crowds: dict[UUID, _Crowd] = {}

    def seen(self, project_id: UUID, looker: Looker, person: Person) -> None:
        """The socket's person is here, and says at what."""
        crowd = self._crowds.setdefault(project_id, _Crowd())
        if looker not in crowd.here:
            crowd.fresh.add(looker)
        crowd.here[looker] = (self._clock(), person)

    def gone(self, project_id: UUID, looker: Looker) -> None:
        """The socket is closed, or its person looks elsewhere."""
        crowd = self._crowds.get(project_id)
        if crowd is not None:
            crowd.here.pop(looker, None)
            crowd.fresh.discard(looker)

    def heard(self, note: Mapping[str, Any]) -> None:
        """Take what another process tells. Raises ValueError, KeyError or TypeError for what is no such note."""
        project_id, process = UUID(note["presence"]), str(note["process"])
        crowd = self._crowds.get(project_id)
        if crowd is None or process == self.process:
            return
        people = [_read(each) for each in note["people"]]
        crowd.elsewhere[process] = (self._clock(), people)
        crowd.asked = crowd.asked or bool(note.get("asks"))

    def turn(self) -> list[dict[str, Any]]:
        """Say to this process's sockets what changed; answers the notes that the other processes should get."""
        notes = []
        for project_id, crowd in list(self._crowds.items()):
            self._forget(crowd)
            self._say(crowd)
            if note := self._note(project_id, crowd):
                notes.append(note)
            if not crowd.here and not crowd.told:
                del self._crowds[project_id]
        return notes

    def _forget(self, crowd: _Crowd) -> None:
        now = self._clock()
        silent = [looker for looker, (at, _) in crowd.here.items() if now - at > SAID_LASTS_S]
        for looker in silent:
            del crowd.here[looker]
        crowd.elsewhere = {
            process: told for process, told in crowd.elsewhere.items() if now - told[0] <= TOLD_LASTS_S
        }

    def _say(self, crowd: _Crowd) -> None:
        """The same text for everybody: who one is oneself, a browser knows."""
        mine = [person for _, person in crowd.here.values()]
        told = [person for _, people in crowd.elsewhere.values() for person in people]
        frame = _frame(_merged([*mine, *told]))
        to = list(crowd.here) if frame != crowd.frame else list(crowd.fresh)
        crowd.frame = frame
        crowd.fresh.clear()
        for looker in to:
            looker.say(frame)

    def _note(self, project_id: UUID, crowd: _Crowd) -> dict[str, Any] | None:
        people = [person.as_data() for person in _merged(person for _, person in crowd.here.values())]
        now = self._clock()
        due = bool(people) and now - crowd.told_at >= TELL_EVERY_S
        if people == crowd.told and not due and not crowd.asked:
            return None
        first = crowd.told_at < 0 or not crowd.told
        crowd.told, crowd.told_at, crowd.asked = people, now, False
        return {
            "presence": str(project_id),
            "process": self.process,
            "people": people[:SHOWN],
            "asks": first and bool(people),
        }


def key_within(value: Any, prefix: str) -> str | None:
    """The key of a card of the project, None for anything else."""
    if not isinstance(value, str) or not KEY.fullmatch(value) or value.rsplit("-", 1)[0] != prefix:
        return None
    return value


def _merged(people: Iterable[Person]) -> list[Person]:
    """Everybody once: who drags first, then who looks at a card, then by name."""
    found: dict[int, Person] = {}
    for person in people:
        found[person.id] = found[person.id].with_(person) if person.id in found else person
    return sorted(found.values(), key=lambda one: (one.drag is None, not one.cards, one.name, one.id))


def _frame(people: list[Person]) -> str:
    shown = [person.as_data() for person in people[:SHOWN]]
    return encode({"type": "presence", "people": shown, "more": max(0, len(people) - SHOWN)})


def _read(data: Mapping[str, Any]) -> Person:
    return Person(
        id=int(data["id"]),
        name=str(data["name"]),
        initials=str(data["initials"]),
        hue=int(data["hue"]),
        cards=tuple(str(card) for card in data["cards"]),
        drag=str(data["drag"]) if data["drag"] else None,
    )
