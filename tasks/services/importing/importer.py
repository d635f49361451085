"""Bringing tasks of another tracker onto the board, again and again, without changing anything twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from tasks.importing import placing
from tasks.importing.records import Reading, Skipped, TaskRecord
from tasks.models import Project, Task
from tasks.services.access import Need, require
from tasks.services.importing.batches import Ground, change_known, create_missing, link_created
from tasks.services.importing.directory import Directory
from tasks.services.importing.rows import Entry
from tasks.services.importing.updating import Outcome

BATCH = 250

Item = TypeVar("Item")
Progress = Callable[[int], None]


@dataclass(slots=True)
class ImportReport:
    """What an import did: the keys of the tasks, and every row or part of one that was left out, with the reason."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, with counts."""
        return {
            "created": len(self.created),
            "updated": len(self.updated),
            "unchanged": self.unchanged,
            "updated_keys": self.updated,
            "skipped": [asdict(row) for row in self.skipped],
        }


def import_tasks(
    *,
    actor: Actor,
    project: Project,
    source: str,
    reading: Reading,
    progress: Progress = lambda done: None,
) -> ImportReport:
    """Bring the tasks of `reading` into the project; `source` names the format and keeps ids of several apart.

    Tasks are known again by their id at the source. Of those, only what the source says otherwise than the last time
    is written; what people changed here stays. `progress` is told how many tasks were handled since the last call.
    Raises Forbidden for an actor that may not operate the project.
    """
    require(actor, project, Need.OPERATE)
    return _Import(actor, project, source, reading, progress).all()


class _Import:
    """One import under way: what is known of the project, and the report so far."""

    def __init__(
        self, actor: Actor, project: Project, source: str, reading: Reading, progress: Progress
    ) -> None:
        self.ground = Ground(actor, project, source, Directory.of(project), database_now())
        self.progress = progress
        self.records = reading.tasks
        self.tasks = self._known_tasks()
        self.report = ImportReport(skipped=list(reading.skipped))

    def all(self) -> ImportReport:
        """Create what is new, then change what changed."""
        known = [record for record in self.records.values() if record.ref in self.tasks]
        new = [record for record in self.records.values() if record.ref not in self.tasks]
        known += self._create(sorted(new, key=lambda record: record.created_at))
        for batch in _batches(known):
            self._update(batch)
        return self.report

    def _known_tasks(self) -> dict[str, Task]:
        found: dict[str, Task] = {}
        for refs in _batches(list(self.records)):
            found |= self.ground.tasks(refs)
        return found

    def _create(self, records: Sequence[TaskRecord]) -> list[TaskRecord]:
        """Create the tasks; answers those that another import has created meanwhile."""
        waiting = frozenset(r.ref for r in records if placing.waits_for_others(r, self.records))
        entries: list[Entry] = []
        for batch in _batches(records):
            entries += create_missing(self.ground, batch, waiting=waiting, first=len(entries))
            self.progress(len(batch))
        self.tasks |= {entry.record.ref: entry.task for entry in entries}
        others = [record for record in records if record.ref not in self.tasks]
        self.tasks |= self.ground.tasks(record.ref for record in others)
        for created in _batches(entries):
            self.report.skipped += link_created(self.ground, created, self.tasks)
        self.report.created += [entry.task.key for entry in entries]
        return others

    def _update(self, records: Sequence[TaskRecord]) -> None:
        for record, task, outcome in change_known(self.ground, records, self.tasks):
            self._note(record, task, outcome)
        self.progress(len(records))

    def _note(self, record: TaskRecord, task: Task, outcome: Outcome) -> None:
        place = record.place
        self.report.skipped += [
            Skipped(place.file, place.line, record.ref, reason) for reason in outcome.problems
        ]
        if outcome.wrote:
            self.report.updated.append(task.key)
        else:
            self.report.unchanged += 1


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
