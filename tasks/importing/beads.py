"""A beads export: `issues.jsonl` with dependencies, comments and events beside it or inside each issue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from . import beads_events, beads_issues, beads_words, fields, graph, jsonl, labels
from .records import (
    MAX_NAME,
    BadRow,
    ImportedMessage,
    Link,
    Place,
    Reading,
    TaskRecord,
    UnreadableSource,
    listed,
)

Row = dict[str, Any]


def read(path: Path) -> Reading:
    """Every usable issue of the export in the folder `path` (or of the one `issues.jsonl` file that `path` names).

    Raises UnreadableSource when there is no such file.
    """
    reading = Reading()
    _read_issues(_issues_file(path), reading)
    folder = path if path.is_dir() else path.parent
    _each_row(reading, folder, "dependencies.jsonl", _take_dependency)
    _each_row(reading, folder, "comments.jsonl", _take_comment)
    log = beads_events.EventLog()
    _each_row(reading, folder, "events.jsonl", log.take)
    log.settle(reading)
    for record in reading.tasks.values():
        _settle(reading, record)
    graph.settle(reading.tasks, reading.skip)
    return reading


def _issues_file(path: Path) -> Path:
    found = jsonl.find(path, "issues.jsonl") if path.is_dir() else path
    if found is None or not found.is_file():
        raise UnreadableSource(f"There is no issues.jsonl or issues.jsonl.gz in {path.name or path}.")
    return found


def _read_issues(path: Path, reading: Reading) -> None:
    for place, row in jsonl.rows(path, reading):
        try:
            reading.add(beads_issues.record(row, place))
        except BadRow as error:
            reading.skip(place, _id_of(row, "id"), str(error))
            continue
        _take_nested(reading, place, row)


def _take_nested(reading: Reading, place: Place, row: Row) -> None:
    """What a single-file export keeps inside the issue."""
    for name, take in (("dependencies", _take_dependency), ("comments", _take_comment)):
        for nested in _rows_in(row.get(name)):
            _try(reading, place, {"issue_id": row["id"], **nested}, take)


def _rows_in(value: object) -> Iterable[Row]:
    return (row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()


Take = Callable[[Reading, Place, Row], None]


def _each_row(reading: Reading, folder: Path, name: str, take: Take) -> None:
    path = jsonl.find(folder, name)
    if path is None:
        return
    for place, row in jsonl.rows(path, reading):
        _try(reading, place, row, take)


def _try(reading: Reading, place: Place, row: Row, take: Take) -> None:
    try:
        take(reading, place, row)
    except BadRow as error:
        reading.skip(place, _id_of(row, "issue_id"), str(error))


def _take_dependency(reading: Reading, place: Place, row: Row) -> None:
    record = beads_issues.owner(reading, row)
    kind = fields.required_line(row, "type", max_length=MAX_NAME)
    link = Link(fields.identifier(row, "depends_on_id"), place)
    if kind in beads_words.BLOCKING:
        record.depends_on.append(link)
    elif kind in beads_words.RELATED:
        record.related.append(f"{beads_words.RELATED[kind]} {link.to}")
    elif kind != beads_words.PARENT:
        raise BadRow(f"type: “{kind[:40]}” is not a known kind of dependency.")
    elif record.parent is not None:
        raise BadRow(f"It has the parent {record.parent.to} already; {link.to} is left out.")
    else:
        record.parent = link


def _take_comment(reading: Reading, place: Place, row: Row) -> None:
    record = beads_issues.owner(reading, row)
    message = ImportedMessage(
        ref=f"comment:{fields.identifier(row, 'id')}",
        author=fields.line(row, "author", max_length=MAX_NAME) or "unknown",
        content=fields.text(row, "text"),
        at=fields.required_moment(row, "created_at"),
    )
    if not message.content:
        raise BadRow("text: is missing.")
    if any(known.ref == message.ref for known in record.messages):
        raise BadRow("The id was given before.")
    record.messages.append(message)


def _settle(reading: Reading, record: TaskRecord) -> None:
    record.messages.sort(key=lambda message: (message.at, message.ref))
    record.labels = sorted(_checked_labels(reading, record), key=str.casefold)
    if not beads_words.RECORD_LABELS.isdisjoint(record.labels):
        beads_issues.park(record)
    try:
        record.description = beads_issues.with_related(record)
    except BadRow as error:
        reading.skip(record.place, record.ref, str(error))


def _checked_labels(reading: Reading, record: TaskRecord) -> Iterable[str]:
    for label in listed(record.labels):
        try:
            yield labels.check(label)
        except BadRow as error:
            reading.skip(record.place, record.ref, str(error))


def _id_of(row: Row, name: str) -> str:
    value = row.get(name)
    return value[:MAX_NAME] if isinstance(value, str) else ""
