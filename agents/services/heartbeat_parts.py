"""What apps above add to the answer of a heartbeat, without this one knowing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists

from agents.models import Agent

Members = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One addition: `load` answers its members with one query and is asked only when `waiting` finds something.

    `waiting` gives a condition on the agent (`OuterRef("pk")`) that joins the heartbeat's one look; `empty` is
    what is answered when it finds nothing.
    """

    name: str
    load: Callable[[Agent], Members]
    waiting: Callable[[], Exists]
    empty: Members


_parts: dict[str, Part] = {}


def register(
    name: str, load: Callable[[Agent], Members], *, waiting: Callable[[], Exists], empty: Members
) -> None:
    """Add a part under `name`; a second registration replaces the first. Call it in `AppConfig.ready`."""
    _parts[name] = Part(name, load, waiting, empty)


def parts() -> list[Part]:
    """Every part there is."""
    return list(_parts.values())
