"""What every reader returns: tasks in our words, and the rows it could not use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MAX_TITLE = 300
MAX_TEXT = 100_000
MAX_LABEL = 60
MAX_NAME = 150
MAX_REF = 180
MAX_ITEMS = 100

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""When a task was made or changed whose source does not say: the day of the import takes its place."""


class UnreadableSource(Exception):
    """Nothing can be imported from this path at all; the message says why."""


class BadRow(Exception):
    """One row cannot be used; the message says why. The rows around it still can."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: the file's name inside the source and its line, from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row, or a part of one, that was left out."""

    file: str
    line: int
    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportedMessage:
    """A message of the thread, under its author's name at the source."""

    ref: str
    author: str
    content: str
    at: datetime

    def digest(self) -> str:
        """A hash of what the message says."""
        return _hash(self.content)


@dataclass(frozen=True, slots=True)
class StatusChange:
    """One change of status at the source, in our statuses."""

    at: datetime
    by: str
    to: str
    reason: str = ""


@dataclass(slots=True)
class Link:
    """A reference from one task to another by the source's ids, and where it was read."""

    to: str
    place: Place


@dataclass(slots=True)
class TaskRecord:
    """One task of the source in our words.

    `status` is where the task belongs if somebody named in `assignees` is known here; without one, a task that
    would be assigned or in progress waits to be taken. `parked` keeps triage from offering the task to agents.
    `reason` says why it was closed or blocked. `related` holds lines that readers add to the description.
    """

    ref: str
    place: Place
    title: str
    created_at: datetime
    updated_at: datetime
    status: str = "ready"
    parked: bool = False
    description: str = ""
    type: str = "engineering"
    priority: int | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    author: str = ""
    reason: str = ""
    due_at: datetime | None = None
    estimate_minutes: int | None = None
    started_at: datetime | None = None
    closed_at: datetime | None = None
    work_plan: dict[str, Any] | None = None
    deliverable: dict[str, Any] | None = None
    checklist: dict[str, Any] | None = None
    parent: Link | None = None
    depends_on: list[Link] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    messages: list[ImportedMessage] = field(default_factory=list)
    history: list[StatusChange] = field(default_factory=list)

    def as_told(self) -> dict[str, Any]:
        """Everything the source says about the task, as JSON would keep it; not where in the source it stands.

        Messages are told by reference and hash of their content.
        """
        told = {name: _plain(getattr(self, name)) for name in _TOLD}
        told["parent"] = self.parent.to if self.parent else None
        told["depends_on"] = [link.to for link in self.depends_on]
        told["messages"] = {message.ref: message.digest() for message in self.messages}
        told["history"] = [{**asdict(change), "at": change.at.isoformat()} for change in self.history]
        return told

    def digest(self) -> str:
        """A hash that changes when, and only when, the source says something else about the task."""
        return digest_of(self.as_told())


_TOLD = tuple(one.name for one in fields(TaskRecord) if one.name not in {"place", "related"})


def digest_of(told: Mapping[str, Any]) -> str:
    """The hash of what `as_told` answered."""
    return _hash(json.dumps(told, sort_keys=True))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


@dataclass(slots=True)
class Reading:
    """Everything one source gave: usable tasks in the source's order, and what was left out."""

    tasks: dict[str, TaskRecord] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, place: Place, ref: str, reason: str) -> None:
        """Note that the row at `place`, or a part of it, was left out."""
        self.skipped.append(Skipped(place.file, place.line, ref, reason))

    def add(self, record: TaskRecord) -> None:
        """Take a task in; raises BadRow when its id was seen before."""
        known = self.tasks.get(record.ref)
        if known is not None:
            where = f"{known.place.file} line {known.place.line}".strip()
            raise BadRow(f"The id was given before, in {where}.")
        self.tasks[record.ref] = record


def relative(path: Path, root: Path) -> str:
    """The file's name as shown in reports: inside the source, never an absolute path."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def listed(values: Sequence[str]) -> list[str]:
    """The values in their order, each once, empty ones left out."""
    return list(dict.fromkeys(value for value in values if value))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
