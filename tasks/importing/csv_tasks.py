"""One row of a CSV file in our words. Only a row without a title, or with text that cannot be kept, is left out."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from . import fields, labels, words
from .csv_columns import FIELDS
from .records import MAX_ITEMS, MAX_NAME, MAX_REF, UNDATED, BadRow, Link, Place, TaskRecord, listed

Note = Callable[[Place, str, str], None]
"""Told of a part of a row that was left out: where, the row's id, why."""

_LIST = re.compile(r"[,;\n]")
MAX_WORDS = 60


@dataclass(slots=True)
class Rows:
    """Turns the rows of one file into tasks.

    `columns` says which column holds which field, `chosen` what a person decided about words for statuses. `statuses`
    counts the words that were met, by what they became.
    """

    columns: Mapping[str, int]
    chosen: Mapping[str, str]
    note: Note
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    titles: Counter[str] = field(default_factory=Counter)

    def record(self, cells: list[str], place: Place) -> TaskRecord:
        """The task that a row makes; raises BadRow."""
        told = {name: cells[at].strip() for name, at in self.columns.items() if at < len(cells)}
        title = fields.required_line(told, "title")
        ref = self._ref(told, title)
        row = _Row(ref, place, told, self.note)
        created = row.moment("created_at")
        updated = row.moment("updated_at") or created
        task = TaskRecord(
            ref=ref,
            place=place,
            title=title,
            description=fields.text(told, "description"),
            created_at=created or UNDATED,
            updated_at=max(created or UNDATED, updated or UNDATED),
            status=self._status(row),
            type=words.TYPES.get(told.get("type", "").casefold(), "engineering"),
            priority=row.priority(),
            labels=row.labels(),
            assignees=row.names("assignees"),
            author=next(iter(row.names("author")), ""),
            due_at=row.moment("due_at"),
            estimate_minutes=row.minutes(),
            parent=next(iter(row.links("parent")), None),
            depends_on=row.links("depends_on"),
        )
        _close(task, row)
        return task

    def _ref(self, told: Mapping[str, str], title: str) -> str:
        """The id, or where there is none, one made of the title: the same title again gets a number."""
        if told.get("id"):
            return fields.required_line(told, "id", max_length=MAX_REF)
        digest = hashlib.sha256(title.casefold().encode()).hexdigest()[:20]
        self.titles[digest] += 1
        again = self.titles[digest]
        return f"title-{digest}" if again == 1 else f"title-{digest}-{again}"

    def _status(self, row: _Row) -> str:
        word = row.told.get("status", "")[:MAX_NAME]
        known = self.chosen.get(words.plain(word)) or (words.status(word) if word else "ready")
        if known is None:
            row.tell(f"status: “{word[:40]}” is not known here, so the task starts in the inbox.")
        status = known or "inbox"
        if len(self.statuses) < MAX_WORDS or (word, status) in self.statuses:
            self.statuses[word, status] += 1
        return status


@dataclass(frozen=True, slots=True)
class _Row:
    """One row's cells by field; what cannot be meant is noted and left out, and the rest of the row still comes."""

    ref: str
    place: Place
    told: Mapping[str, str]
    note: Note

    def tell(self, reason: str) -> None:
        """Note that a part of the row was left out."""
        self.note(self.place, self.ref, reason)

    def moment(self, name: str) -> datetime | None:
        """The date in a cell."""
        text = self.told.get(name, "")
        stamp = words.moment(text) if text else None
        if text and stamp is None:
            self.tell(
                f"{FIELDS[name]}: “{text[:40]}” is not a date; write it like 2026-02-27. It was left out."
            )
        return stamp

    def priority(self) -> int:
        """The priority; normal where none is said."""
        told = self.told.get("priority", "")
        word = words.plain(told)
        if word not in words.PRIORITIES:
            self.tell(f"priority: “{told[:40]}” is not known; normal was taken.")
        return words.PRIORITIES.get(word, 3)

    def minutes(self) -> int | None:
        """The estimate."""
        text = self.told.get("estimate_minutes", "")
        if text and not (text.isascii() and text.isdigit() and len(text) < 8):
            self.tell(f"estimate: “{text[:40]}” is not a number of minutes. It was left out.")
            return None
        return int(text) if text else None

    def names(self, name: str) -> list[str]:
        """The people in a cell, with or without @."""
        return listed([one.removeprefix("@") for one in self._list(name, MAX_NAME)])

    def links(self, name: str) -> list[Link]:
        """The ids in a cell."""
        return [Link(ref, self.place) for ref in self._list(name, MAX_REF)]

    def labels(self) -> list[str]:
        """The labels, and a type that has no meaning here as one more."""
        kind = words.plain(self.told.get("type", ""))
        known = not kind or kind == "task" or kind in words.TYPES or kind.replace(" ", "_") in words.TYPES
        found = []
        for label in listed([*self._list("labels", MAX_NAME), "" if known else kind]):
            try:
                found.append(labels.check(label))
            except BadRow as error:
                self.tell(str(error))
        return sorted(found, key=str.casefold)

    def _list(self, name: str, longest: int) -> list[str]:
        parts = [part.strip() for part in _LIST.split(self.told.get(name, ""))]
        return fields.lines(
            {name: [part for part in parts if part]}, name, max_length=longest, most=MAX_ITEMS
        )


def _close(task: TaskRecord, row: _Row) -> None:
    if task.status not in ("done", "canceled", "failed"):
        return
    closed = row.moment("closed_at")
    dated = task.updated_at if task.updated_at != UNDATED else None
    task.closed_at = max(closed, task.created_at) if closed else dated
    if task.status == "canceled":
        task.reason = "Canceled where it was imported from."
