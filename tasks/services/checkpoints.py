"""Checkpoints: where every chain stood at a moment, signed and kept outside the database.

Who can rewrite the whole table can compute its hashes anew; what the file says cannot be forged without the secret key.
The lines are chained by their signatures, so that one taken out of the middle is missed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from tasks.events import canonical
from tasks.models import EventStream

SALT = "mc.checkpoint"
FIELDS = ("at", "epoch", "hash", "prev", "project", "project_id", "seq")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One signed line: the project's chain ended with event `seq` and its `hash` at the moment `at`."""

    project: str
    project_id: UUID
    epoch: UUID
    seq: int
    hash: str
    at: str


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """What the file says: its good lines, and what is wrong with the first bad one, if any (`line` counts from 1)."""

    points: tuple[Checkpoint, ...] = ()
    line: int = 0
    broken: str = ""


def default_path() -> Path:
    """Where the checkpoints are kept."""
    return Path(settings.DATA_DIR) / "checkpoints.jsonl"


def write_checkpoint(*, now: datetime, path: Path | None = None) -> list[Checkpoint]:
    """Append one line for every project that has events, and wait until the disk has it."""
    target = path or default_path()
    made: list[Checkpoint] = []
    with target.open("a+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        prev = _last_signature(handle)
        for stream in (
            EventStream.objects.select_related("project").filter(head_seq__gt=0).order_by("project__slug")
        ):
            point = _point(stream, now)
            line = _signed(point, prev)
            prev = line["signature"]
            handle.write(orjson.dumps(line) + b"\n")
            made.append(point)
        handle.flush()
        os.fsync(handle.fileno())
    return made


def read_checkpoints(path: Path | None = None) -> CheckpointFile:
    """Every line up to the first one whose form, place or signature is wrong."""
    target = path or default_path()
    if not target.exists():
        return CheckpointFile()
    points: list[Checkpoint] = []
    prev = ""
    for number, raw in enumerate(target.read_bytes().splitlines(), start=1):
        line = _parsed(raw)
        wrong = _wrong(line, prev)
        if wrong or line is None:
            return CheckpointFile(tuple(points), number, wrong)
        prev = line["signature"]
        points.append(_from_line(line))
    return CheckpointFile(tuple(points))


def _point(stream: EventStream, now: datetime) -> Checkpoint:
    return Checkpoint(
        project=stream.project.slug,
        project_id=stream.project_id,
        epoch=stream.epoch,
        seq=stream.head_seq,
        hash=stream.head_hash,
        at=now.isoformat(),
    )


def _signed(point: Checkpoint, prev: str) -> dict[str, Any]:
    line = {
        "at": point.at,
        "epoch": str(point.epoch),
        "hash": point.hash,
        "prev": prev,
        "project": point.project,
        "project_id": str(point.project_id),
        "seq": point.seq,
    }
    return {**line, "signature": _signature(line)}


def _signature(line: Mapping[str, Any]) -> str:
    said = canonical({name: line[name] for name in FIELDS})
    return salted_hmac(SALT, said, algorithm="sha256").hexdigest()


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    known = {*FIELDS, "signature"}
    return line if isinstance(line, dict) and set(line) == known else None


def _wrong(line: dict[str, Any] | None, prev: str) -> str:
    if line is None:
        return "The line is not a checkpoint."
    if not isinstance(line["signature"], str) or not constant_time_compare(
        line["signature"], _signature(line)
    ):
        return "The signature is wrong."
    if line["prev"] != prev:
        return "A line before it is missing or was moved."
    return ""


def _from_line(line: Mapping[str, Any]) -> Checkpoint:
    return Checkpoint(
        project=line["project"],
        project_id=UUID(line["project_id"]),
        epoch=UUID(line["epoch"]),
        seq=line["seq"],
        hash=line["hash"],
        at=line["at"],
    )


def _last_signature(handle: Any) -> str:
    handle.seek(0)
    last = ""
    for raw in _lines(handle):
        line = _parsed(raw)
        last = line["signature"] if line else last
    return last


def _lines(handle: Any) -> Iterator[bytes]:
    for raw in handle:
        yield raw.strip()
