"""From rows to tasks: a batch at a time, so that it can stop anywhere and go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from django.db.models import F

from tasks.importing import keeping
from tasks.importing.records import Skipped, TaskRecord
from tasks.models import Import, ImportedTask, ImportNote, ImportRow, ImportState, RowResult, Task, Verdict
from tasks.services.importing import holding, reading
from tasks.services.importing.batches import Ground, change_known, create_missing, link_created
from tasks.services.importing.directory import Directory, People
from tasks.services.importing.holding import Held, Lost
from tasks.services.importing.rows import Entry
from tasks.workflow import Status

BATCH = 250
CHANGES = 50
SLICE_S = 10.0
"""How long one import is worked on before the next has its turn."""

TURN_S = 40.0
BREATH_S = 0.02
"""Between two batches, so that people get to write."""


def work(turn_s: float = TURN_S) -> bool:
    """Work on the imports that wait for it, each in its turn. True when the time was over before the work."""
    until = time.monotonic() + turn_s
    while (held := holding.take()) is not None:
        if not held.row.has_ended:
            _work_on(held, min(until, time.monotonic() + SLICE_S))
        if time.monotonic() >= until:
            return True
    return False


def _work_on(held: Held, until: float) -> None:
    try:
        if held.row.state == ImportState.RUNNING:
            _run(held, until)
        else:
            reading.READERS[held.row.state](held)
    except Lost:
        return
    finally:
        held.release()


def _run(held: Held, until: float) -> None:
    row = held.row
    ground = Ground(
        held.actor, row.project, row.source, Directory.of(row.project), row.started_at or row.created_at
    )
    while time.monotonic() < until:
        if not any(step(held, ground) for step in STEPS):
            held.finish()
            return
        time.sleep(BREATH_S)


def _create(held: Held, ground: Ground) -> bool:
    """Create the next tasks that are new. Those that somebody else brought meanwhile are changed later."""
    with held.batch():
        rows = _next(held.row, BATCH, result=RowResult.WAITING, verdict=Verdict.NEW)
        if not rows:
            return False
        records = [_record(row) for row in rows]
        first = Import.objects.values_list("created", flat=True).get(pk=held.row.pk)
        entries = create_missing(ground, records, waiting=_waiting(held.row, records), first=first)
        made = {entry.record.ref: entry for entry in entries}
        for row in rows:
            _note_created(row, made.get(row.ref))
        ImportRow.objects.bulk_update(rows, ["result", "verdict", "task_key", "record"])
        _count(held, created=len(made), done=sum(row.result == RowResult.CREATED for row in rows))
    return True


def _note_created(row: ImportRow, entry: Entry | None) -> None:
    if entry is None:
        row.verdict = Verdict.CHANGED
        return
    row.task_key = entry.task.key
    if entry.record.parent or entry.record.depends_on:
        row.result = RowResult.MADE
    else:
        row.result, row.record = RowResult.CREATED, None


def _link(held: Held, ground: Ground) -> bool:
    """Link the next tasks that were created without their links."""
    with held.batch():
        rows = _next(held.row, BATCH, result=RowResult.MADE)
        if not rows:
            return False
        records = [_record(row) for row in rows]
        tasks = ground.tasks({*(record.ref for record in records), *_linked(records)})
        entries = [Entry(record, People(), tasks[record.ref]) for record in records]
        _note(held.row, link_created(ground, entries, tasks))
        done = [row.pk for row in rows]
        ImportRow.objects.filter(pk__in=done).update(result=RowResult.CREATED, record=None)
        _count(held, done=len(done))
    return True


def _change(held: Held, ground: Ground) -> bool:
    """Write the next differences to tasks that are there."""
    with held.batch():
        rows = _next(held.row, CHANGES, result=RowResult.WAITING)
        if not rows:
            return False
        records = [_record(row) for row in rows]
        tasks = _tasks_and_what_they_waited_for(ground, records)
        by_ref = {row.ref: row for row in rows}
        wrote = 0
        for record, task, outcome in change_known(ground, records, tasks):
            row = by_ref[record.ref]
            row.result = RowResult.UPDATED if outcome.wrote else RowResult.UNCHANGED
            row.task_key, row.record = task.key, None
            wrote += outcome.wrote
            _note(held.row, [Skipped(row.file, row.line, row.ref, why) for why in outcome.problems])
        ImportRow.objects.bulk_update(rows, ["result", "task_key", "record"])
        _count(held, updated=wrote, unchanged=len(rows) - wrote, done=len(rows))
    return True


STEPS: tuple[Callable[[Held, Ground], bool], ...] = (_create, _link, _change)
"""In this order: whatever links lead to is there before anything is linked."""


def _next(source: Import, most: int, **where: str) -> list[ImportRow]:
    """Rows in the order in which their tasks were made at the source."""
    return list(source.rows.filter(**where).order_by("made_at", "number")[:most])


def _record(row: ImportRow) -> TaskRecord:
    return keeping.from_json(row.record or {})


def _linked(records: Iterable[TaskRecord]) -> set[str]:
    """The ids that records lead to."""
    waited_for = {link.to for record in records for link in record.depends_on}
    return waited_for | {record.parent.to for record in records if record.parent}


def _waiting(source: Import, records: Sequence[TaskRecord]) -> frozenset[str]:
    """Which of `records` depend on something that is not done."""
    wanted = {link.to for record in records for link in record.depends_on}
    if not wanted:
        return frozenset()
    open_ones = source.rows.filter(ref__in=wanted).exclude(status=Status.DONE).values_list("ref", flat=True)
    still = set(open_ones)
    return frozenset(r.ref for r in records if any(link.to in still for link in r.depends_on))


def _tasks_and_what_they_waited_for(ground: Ground, records: Sequence[TaskRecord]) -> dict[str, Task]:
    """The tasks of `records`, what they lead to, and what they led to the last time."""
    tasks = ground.tasks({*(record.ref for record in records), *_linked(records)})
    known = ImportedTask.objects.filter(task__in=[tasks[record.ref].pk for record in records])
    then = {ref for fields in known.values_list("fields", flat=True) for ref in fields.get("depends_on", [])}
    return tasks | ground.tasks(then - set(tasks))


def _note(source: Import, left_out: Iterable[Skipped]) -> None:
    ImportNote.objects.bulk_create(
        [
            ImportNote(
                source=source, file=one.file[:200], line=one.line, ref=one.id[:200], reason=one.reason[:500]
            )
            for one in left_out
        ]
    )


def _count(held: Held, **more: int) -> None:
    held.set(**{name: F(name) + number for name, number in more.items()})
