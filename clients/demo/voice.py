"""One readable line per act."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from typing import TextIO

COLOURS = (36, 35, 33, 32, 34, 96, 95, 93, 92, 94)


class Voice:
    """Prints who did what; safe to share between threads. Colour is for terminals only."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out, self._lock = out or sys.stdout, threading.Lock()
        self._colours: dict[str, int] = {}
        self.counts: Counter[str] = Counter()

    def say(self, who: str, act: str, about: str = "") -> None:
        """Print one act, and count it by its first word."""
        with self._lock:
            self.counts[act.split()[0]] += 1
            clock = time.strftime("%H:%M:%S")
            print(f"{clock}  {self._painted(who)}  {act} {about}".rstrip(), file=self._out, flush=True)

    def _painted(self, who: str) -> str:
        name = f"{who:<10}"
        if not self._out.isatty():
            return name
        colour = self._colours.setdefault(who, COLOURS[len(self._colours) % len(COLOURS)])
        return f"\x1b[{colour}m{name}\x1b[0m"
