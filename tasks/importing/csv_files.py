"""A CSV file, read one row at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from . import csv_columns, delimited, encodings, graph
from .csv_columns import FIELDS, Layout
from .csv_tasks import Note, Rows
from .records import BadRow, Place, Reading, TaskRecord, UnreadableSource


def read(path: Path, columns: Mapping[str, str] | None = None) -> Reading:
    """Every usable row of the file; `columns` names the head of each field's column, the rest is guessed.

    Raises UnreadableSource for a file that is not there or holds nothing, and when no column can be the title.
    """
    if not path.is_file():
        raise UnreadableSource(f"There is no file {path.name or path}.")
    seen = csv_columns.look(path)
    reading = Reading()
    rows = Rows(_chosen(seen.heads, columns or {}), {}, reading.skip)
    for record in tasks(path, seen.layout, rows, reading.skip):
        try:
            reading.add(record)
        except BadRow as error:
            reading.skip(record.place, record.ref, str(error))
    graph.settle(reading.tasks, reading.skip)
    return reading


def tasks(path: Path, layout: Layout, rows: Rows, note: Note) -> Iterator[TaskRecord]:
    """Every usable row of the file; the others are told to `note` with their line. Ids may come twice."""
    with encodings.open_text(path, layout.encoding) as stream:
        before = layout.skip
        for row in delimited.records(stream, layout.delimiter):
            place = Place("", row.line)
            if row.problem:
                note(place, "", row.problem)
            elif before:
                before -= 1
            else:
                yield from _task(rows, row.cells, place, note)


def _task(rows: Rows, cells: list[str], place: Place, note: Note) -> Iterator[TaskRecord]:
    try:
        record = rows.record(cells, place)
    except BadRow as error:
        note(place, "", str(error))
        return
    if "\ufffd" in record.title or "\ufffd" in record.description:
        note(place, record.ref, "Holds bytes that are no text in the file’s encoding; they are shown as �.")
    yield record


def _chosen(heads: list[str], told: Mapping[str, str]) -> dict[str, int]:
    columns = csv_columns.guess(heads)
    for name, head in told.items():
        if name not in FIELDS:
            raise UnreadableSource(f"There is no field “{name}”; use {', '.join(FIELDS)}.")
        if head not in heads:
            raise UnreadableSource(f"There is no column “{head}”; the file has {', '.join(heads)}.")
        columns[name] = heads.index(head)
    if "title" not in columns:
        raise UnreadableSource(
            f"No column can be told to be the title; say --map title=HEAD, one of {', '.join(heads)}."
        )
    return columns
