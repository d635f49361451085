"""The formats that can be imported, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from . import backlog, beads
from .records import Reading

READERS: Mapping[str, Callable[[Path], Reading]] = {"beads": beads.read, "backlog": backlog.read}
