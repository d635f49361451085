"""From the file to rows that can be looked at: nothing of it touches the board yet."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from tasks.importing import csv_columns, csv_files, csv_tasks, formats, github, keeping
from tasks.importing.graph import Knot, settle
from tasks.importing.records import Link, Place, Reading, TaskRecord, UnreadableSource
from tasks.models import Import, ImportNote, ImportRow, ImportState
from tasks.services.importing.directory import Directory
from tasks.services.importing.holding import Held
from tasks.services.importing.verdicts import judge

BATCH = 500
UNPACKED = 4
"""How many times the size limit an archive may hold."""

MOST_NAMES = 200
NOTHING = "Nothing in the file can be imported; what is wrong with its rows stands below."


def look(held: Held) -> None:
    """Find out the format, and for CSV the columns, which a person then confirms."""
    row = held.row
    try:
        with _file_of(row) as (path, folder):
            format, where = formats.source_in(path, row.filename, row.format, folder, most=_most())
            if format == "csv":
                _show_columns(held, where)
            else:
                with held.batch():
                    held.set(format=format, source=format, state=ImportState.READING)
    except UnreadableSource as error:
        held.fail(str(error))


def read(held: Held) -> None:
    """Read the file into rows, a batch at a time, and say of each what it would be. Goes on where it stopped."""
    try:
        with _file_of(held.row) as (path, folder):
            _Staging(held).all(path, folder)
    except UnreadableSource as error:
        held.fail(str(error))


def _show_columns(held: Held, path: Path) -> None:
    options = held.row.options
    seen = csv_columns.look(path, delimiter=options.get("delimiter", ""), has_head=options.get("has_head"))
    shape = {"layout": seen.layout.as_json(), "heads": seen.heads, "samples": seen.samples}
    columns = csv_columns.guess(seen.heads) if seen.layout.has_head else {"title": 0}
    with held.batch():
        held.set(
            format="csv", shape=shape, options={**options, "columns": columns}, state=ImportState.MAPPING
        )


@contextmanager
def _file_of(row: Import) -> Iterator[tuple[Path, Path]]:
    """The uploaded file put together, and an empty folder, both gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mc-import-") as made:
        path, folder = Path(made, "file"), Path(made, "inside")
        folder.mkdir()
        with path.open("wb") as target:
            for piece in row.pieces.order_by("number").values_list("data", flat=True).iterator(chunk_size=4):
                target.write(piece)
        yield path, folder


def _most() -> int:
    return UNPACKED * int(settings.MC_IMPORT_MAX_BYTES)


@dataclass(slots=True)
class _Staging:
    """One pass over the file: what was read before is passed over, what is new is kept."""

    held: Held
    refs: dict[str, int] = field(default_factory=dict)
    knots: dict[str, Knot] = field(default_factory=dict)
    notes: list[ImportNote] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    shape: dict[str, Any] = field(default_factory=dict)

    def all(self, path: Path, folder: Path) -> None:
        """Read, cut the links that lead nowhere, and judge."""
        row = self.held.row
        if row.read == 0:
            self._clear()
        batch: list[ImportRow] = []
        number = -1
        for number, record in enumerate(self._records(path, folder)):
            staged = self._staged(record, number)
            if number < row.read:
                self.notes.clear()
                continue
            batch += [staged] if staged else []
            if number % BATCH == BATCH - 1:
                self._write(batch, number + 1)
                batch.clear()
        self._write(batch, number + 1)
        self._end()

    def note(self, place: Place, ref: str, reason: str) -> None:
        """Note a row, or a part of one, that is left out."""
        self.notes.append(
            ImportNote(
                source=self.held.row,
                file=place.file[:200],
                line=place.line,
                ref=ref[:200],
                reason=reason[:500],
            )
        )

    def _clear(self) -> None:
        row = self.held.row
        with self.held.batch():
            row.rows.all().delete()
            row.notes.all().delete()
            kept = {name: row.shape[name] for name in ("layout", "heads", "samples") if name in row.shape}
            row.shape = kept
            self.held.set(shape=kept, source=_source_of(row))

    def _records(self, path: Path, folder: Path) -> Iterator[TaskRecord]:
        row = self.held.row
        if row.format == "csv":
            yield from self._csv_tasks(path)
        elif row.format == "github":
            yield from github.tasks(path, self.note)
        else:
            format, where = formats.source_in(path, row.filename, row.format, folder, most=_most())
            reading: Reading = formats.READERS[format](where)
            yield from reading.tasks.values()
            for one in reading.skipped:
                self.note(Place(one.file, one.line), one.id, one.reason)

    def _csv_tasks(self, path: Path) -> Iterator[TaskRecord]:
        row = self.held.row
        layout = csv_columns.Layout.from_json(row.shape["layout"])
        rows = csv_tasks.Rows(row.options["columns"], row.options.get("statuses", {}), self.note)
        yield from csv_files.tasks(path, layout, rows, self.note)
        self.shape["statuses"] = [[word, to, count] for (word, to), count in rows.statuses.most_common()]

    def _staged(self, record: TaskRecord, number: int) -> ImportRow | None:
        if record.ref in self.refs:
            self.note(record.place, record.ref, f"The id was given before, in line {self.refs[record.ref]}.")
            return None
        self.refs[record.ref] = record.place.line
        if record.parent or record.depends_on:
            self.knots[record.ref] = Knot(list(record.depends_on), record.parent)
        if len(self.names) < MOST_NAMES:
            self.names |= dict.fromkeys(record.assignees)
        return ImportRow(
            source=self.held.row,
            number=number,
            file=record.place.file[:200],
            line=record.place.line,
            ref=record.ref,
            title=record.title,
            status=record.status,
            made_at=record.created_at,
            record=keeping.to_json(record),
        )

    def _write(self, rows: list[ImportRow], read: int) -> None:
        with self.held.batch():
            ImportRow.objects.bulk_create(rows)
            ImportNote.objects.bulk_create(self.notes, batch_size=BATCH)
            self.held.set(read=read)
        self.notes.clear()

    def _end(self) -> None:
        row = self.held.row
        self.shape["names"] = self._unknown_names()
        with self.held.batch():
            if not row.shape.get("settled"):
                self._cut_links()
            row.shape = {**row.shape, **self.shape, "settled": True}
            self.held.set(shape=row.shape, total=len(self.refs))
        if not self.refs:
            self.held.fail(NOTHING)
            return
        verdicts = judge(self.held)
        with self.held.batch():
            self.held.set(shape={**row.shape, "verdicts": verdicts}, state=ImportState.PREVIEW)

    def _cut_links(self) -> None:
        before = {ref: (len(knot.depends_on), knot.parent) for ref, knot in self.knots.items()}
        settle(self.knots, self.note, refs=self.refs)
        cut = {
            ref: knot
            for ref, knot in self.knots.items()
            if before[ref] != (len(knot.depends_on), knot.parent)
        }
        for row in self.held.row.rows.filter(ref__in=list(cut)).iterator(chunk_size=BATCH):
            record = keeping.from_json(row.record or {})
            record.depends_on, record.parent = _links(cut[row.ref])
            row.record = keeping.to_json(record)
            row.save(update_fields=["record"])
        ImportNote.objects.bulk_create(self.notes, batch_size=BATCH)
        self.notes.clear()

    def _unknown_names(self) -> list[str]:
        return list(Directory.of(self.held.row.project).find(self.names).unknown)


def _links(knot: Knot) -> tuple[list[Link], Link | None]:
    return knot.depends_on, knot.parent


def _source_of(row: Import) -> str:
    name = row.options.get("name", "")
    return f"{row.format}-{name}" if name else row.format


Reader = Callable[[Held], None]
READERS: dict[str, Reader] = {ImportState.LOOKING: look, ImportState.READING: read}
