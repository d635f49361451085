"""The unit of work: one transaction, with what must be written last written last.

Services open `unit()`. What they leave with `write_last()` is handed to its writer just before the outermost unit
commits, so that rows whose lock everybody wants (the project's event counter) are held as briefly as can be.
An inner unit that fails takes back what it left, together with its rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

TURN_S = 20
"""How long a thread waits for its turn to write, in seconds."""

_turn = threading.RLock()

Writer = Callable[[Sequence[Any]], None]


class _Pending(threading.local):
    def __init__(self) -> None:
        self.depth = 0
        self.items: list[tuple[Writer, Any]] = []


_pending = _Pending()


@contextmanager
def unit() -> Iterator[None]:
    """One transaction (a savepoint when inside another), ending with the writes left for last."""
    mark = len(_pending.items)
    try:
        with _in_turn(), transaction.atomic(), _deeper():
            yield
            if _pending.depth == 1:
                _write_pending()
    except BaseException:
        del _pending.items[mark:]
        raise


@contextmanager
def _in_turn() -> Iterator[None]:
    """On SQLite, let the threads of this process write one after another.

    SQLite has one writer at a time and lets the others ask again and again, without any order: under load one of them
    can be passed over until it gives up. A lock hands the turn on at once. Whoever does not get it in time asks SQLite.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    taken = _turn.acquire(timeout=TURN_S)
    try:
        yield
    finally:
        if taken:
            _turn.release()


@contextmanager
def _deeper() -> Iterator[None]:
    """Ends before the commit: what runs on commit opens units of its own, which are outermost again."""
    _pending.depth += 1
    try:
        yield
    finally:
        _pending.depth -= 1


def write_last(writer: Writer, item: Any) -> None:
    """Leave `item` for `writer`, which gets all its items in order just before the outermost unit commits.

    Raises RuntimeError outside a unit, where nothing would ever write it.
    """
    if not in_unit():
        raise RuntimeError("write_last() needs an open unit()")
    _pending.items.append((writer, item))


def in_unit() -> bool:
    """Whether this thread is inside a unit of work."""
    return _pending.depth > 0


def _write_pending() -> None:
    batches: dict[Writer, list[Any]] = {}
    for writer, item in _pending.items:
        batches.setdefault(writer, []).append(item)
    _pending.items.clear()
    for writer, items in batches.items():
        writer(items)
