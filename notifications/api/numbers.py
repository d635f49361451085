"""Notification numbers as they come in a path or a body: opaque text to clients."""

from __future__ import annotations

import re

from missioncontrol.kernel.errors import NotFound

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


def number(ref: str) -> int:
    """The primary key that `ref` spells. Raises NotFound when it spells none."""
    if not _NUMBER.fullmatch(ref):
        raise NotFound("There is no such notification.")
    return int(ref)
