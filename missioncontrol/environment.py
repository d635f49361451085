"""Reading environment variables: what cannot be meant is refused with the variable's name, before anything starts."""

from __future__ import annotations

import os
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")


def text(name: str, default: str) -> str:
    """The variable as it is; the default when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def words(name: str) -> list[str]:
    """The parts of a list separated by commas."""
    return [word for each in text(name, "").split(",") if (word := each.strip())]


def whole(name: str, default: int) -> int:
    """A whole number. Raises ImproperlyConfigured."""
    given = text(name, str(default))
    try:
        return int(given)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {given!r}.") from None


def switch(name: str, *, default: bool) -> bool:
    """On or off: 1 or 0, also true, yes, on, false, no, off. Raises ImproperlyConfigured."""
    given = text(name, YES[0] if default else NO[0]).lower()
    if given not in YES + NO:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {given!r}.")
    return given in YES


def choice(name: str, default: str, among: Sequence[str]) -> str:
    """One of a few words, in any case. Raises ImproperlyConfigured."""
    given = text(name, default)
    for word in among:
        if word.lower() == given.lower():
            return word
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}, not {given!r}.")
