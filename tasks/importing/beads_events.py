"""The events of a beads export: the changes of status become history, the changes of labels the labels of today."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from missioncontrol.kernel import strict_json
from missioncontrol.kernel.errors import Malformed

from . import beads_issues, beads_words, fields
from .records import MAX_NAME, BadRow, Place, Reading, StatusChange, TaskRecord

Row = dict[str, Any]

_LABEL_WORDS = {"label_added": "Added label: ", "label_removed": "Removed label: "}


@dataclass(slots=True)
class _Line:
    at: datetime
    order: int
    kind: str
    value: StatusChange | str


@dataclass(slots=True)
class EventLog:
    """Collects the events of every issue, whatever their order in the file, and applies them at the end."""

    lines: dict[str, list[_Line]] = field(default_factory=dict)

    def take(self, reading: Reading, place: Place, row: Row) -> None:
        """Take one event; raises BadRow. Kinds without a meaning here (edits, renames) are passed over."""
        kind = fields.required_line(row, "event_type", max_length=MAX_NAME)
        issue = beads_issues.owner(reading, row)
        at = fields.required_moment(row, "created_at")
        value = _label(row, kind) if kind in _LABEL_WORDS else _change(row, kind, at)
        if value is not None:
            self.lines.setdefault(issue.ref, []).append(_Line(at, place.line, kind, value))

    def settle(self, reading: Reading) -> None:
        """Give every task its history and its labels."""
        for ref, lines in self.lines.items():
            issue = reading.tasks[ref]
            lines.sort(key=lambda line: (line.at, line.order))
            issue.history = _changes([line.value for line in lines if isinstance(line.value, StatusChange)])
            issue.started_at = next(
                (change.at for change in issue.history if change.to == "in_progress"), None
            )
            for line in lines:
                if isinstance(line.value, str):
                    _apply_label(issue, line.kind, line.value)


def _label(row: Row, kind: str) -> str:
    told = fields.required_line(row, "comment")
    opening = _LABEL_WORDS[kind].strip()
    if not told.startswith(opening):
        raise BadRow(f"comment: should begin with “{opening}”.")
    return told.removeprefix(opening).strip()


def _apply_label(issue: TaskRecord, kind: str, label: str) -> None:
    if kind == "label_added":
        issue.labels.append(label)
    else:
        issue.labels = [known for known in issue.labels if known != label]


def _change(row: Row, kind: str, at: datetime) -> StatusChange | None:
    by = fields.line(row, "actor", max_length=MAX_NAME)
    if kind == "closed":
        reason = fields.text(row, "new_value")
        return StatusChange(at, by, "canceled" if beads_words.was_never_done(reason) else "done", reason)
    if kind == "reopened":
        return StatusChange(at, by, "ready", fields.text(row, "comment"))
    if kind != "status_changed":
        return None
    status = _new_values(row).get("status")
    if not isinstance(status, str) or status not in beads_words.STATUSES:
        raise BadRow(f"new_value: “{str(status)[:40]}” is not a known status.")
    return StatusChange(at, by, beads_words.STATUSES[status])


def _new_values(row: Row) -> Row:
    told = fields.text(row, "new_value")
    try:
        values = strict_json.loads(told.encode())
    except Malformed as error:
        raise BadRow(f"new_value: {error.message}") from error
    if not isinstance(values, dict):
        raise BadRow(f"new_value: must hold an object, not {json.dumps(values)[:40]}.")
    return values


def _changes(told: list[StatusChange]) -> list[StatusChange]:
    """The changes that changed something: trackers note the same status again and again."""
    kept: list[StatusChange] = []
    for change in told:
        if not kept or kept[-1].to != change.to:
            kept.append(change)
    return kept
