"""What goes over the wire: each event encoded once, however many sockets read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import orjson

from notifications.live import metrics
from tasks.models import Event

Card = Mapping[str, Any]


def encode(message: Mapping[str, Any]) -> str:
    """A frame as the JSON text that is sent."""
    return orjson.dumps(message).decode()


MOST_DATA = 256 * 1024
"""Larger data of an event is left out of frames; `GET /events` has it."""


def frame_message(event: Event) -> dict[str, Any]:
    """An event as sockets see it: data too large for a frame is replaced by `truncated`."""
    message = event_message(event)
    if len(event.payload) > MOST_DATA:
        kept = {name: message["data"][name] for name in ("key", "status", "task") if name in message["data"]}
        message["data"] = {**kept, "truncated": True}
    return message


def event_message(event: Event) -> dict[str, Any]:
    """An event as clients see it, with all its data."""
    return {
        "type": "event",
        "seq": event.seq,
        "kind": event.type,
        "actor": event.author,
        "target": {"type": event.target_type, "id": event.target_id},
        "data": event.data,
        "at": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }


def card_of(event: Event) -> str | None:
    """The id of the task whose card the event changes, or None when it changes none."""
    if event.target_type == "task":
        return event.target_id
    named = event.data.get("task")
    return named if isinstance(named, str) else None


COUNTED = frozenset({"task.created", "task.imported", "task.transitioned"})
"""Events of a subtask after which its parent's card counts differently."""


def counts_for_parents(event: Event) -> bool:
    """Whether the event may change how many subtasks a parent's card counts."""
    return event.target_type == "task" and (event.type in COUNTED or bool(parents_named(event)))


def parents_named(event: Event) -> list[str]:
    """The keys of the parents the event takes its task from and gives it to."""
    if event.type != "task.updated":
        return []
    sides = (event.data.get("before") or {}, event.data.get("after") or {})
    return [side["parent"] for side in sides if isinstance(side.get("parent"), str)]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Cards by task id, and by event number the ids of the parents whose cards the event changes with its own."""

    cards: Mapping[str, Card] = field(default_factory=dict)
    parents: Mapping[int, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """Events of one project that are sent together, in order, with the cards they leave behind.

    A card is shown once, with the last event that touches it: its picture is of now, not of each event.
    """

    events: Sequence[Event]
    pictures: Pictures = field(default_factory=Pictures)
    _texts: dict[bool, str] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The number of the first event."""
        return self.events[0].seq

    @property
    def last(self) -> int:
        """The number of the last event."""
        return self.events[-1].seq

    def after(self, seq: int) -> Batch:
        """The same without the events up to `seq`."""
        return Batch([event for event in self.events if event.seq > seq], self.pictures)

    def text(self, *, cards: bool) -> str:
        """The frame, encoded on the first call and kept for everyone else's."""
        if cards not in self._texts:
            self._texts[cards] = self._encode(cards)
        return self._texts[cards]

    def _encode(self, with_cards: bool) -> str:
        metrics.ENCODINGS.inc()
        messages = [frame_message(event) for event in self.events]
        if with_cards:
            self._attach(messages)
        if len(messages) == 1:
            return encode(messages[0])
        return encode({"type": "events", "first_seq": self.first, "seq": self.last, "events": messages})

    def _attach(self, messages: list[dict[str, Any]]) -> None:
        """Put each card with the last event that touches it: as its own `card`, or among its `parents`."""
        for task_id, position in self._last_touched().items():
            card = self.pictures.cards.get(task_id)
            if card is None:
                continue
            if task_id == card_of(self.events[position]):
                messages[position]["card"] = card
            else:
                messages[position].setdefault("parents", []).append(card)

    def _last_touched(self) -> dict[str, int]:
        last: dict[str, int] = {}
        for position, event in enumerate(self.events):
            own = card_of(event)
            touched = [own] if own is not None else []
            last |= dict.fromkeys([*touched, *self.pictures.parents.get(event.seq, ())], position)
        return last
