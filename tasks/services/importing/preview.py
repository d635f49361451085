"""The first rows of an import as they would become tasks."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.importing import keeping, placing
from tasks.importing.records import TaskRecord
from tasks.models import Import, ImportRow, Priority, Verdict
from tasks.services.importing.creating import label_names, people_of
from tasks.services.importing.directory import Directory, People
from tasks.workflow import Status

SHOWN = 50
_STATUSES = dict(Status.choices)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A row, and the task it would be."""

    row: ImportRow
    record: TaskRecord
    people: People
    status: str

    @property
    def status_name(self) -> str:
        """The status for people."""
        return _STATUSES[Status(self.status)]

    @property
    def priority_name(self) -> str:
        """The priority for people."""
        return Priority(self.record.priority).label if self.record.priority else "None"

    @property
    def verdict_name(self) -> str:
        """What the import would do, for people."""
        return Verdict(self.row.verdict).label

    @property
    def labels(self) -> list[str]:
        """The labels, with names that nobody here has."""
        return label_names(self.record.labels, self.people)

    @property
    def names(self) -> list[str]:
        """Who would be on it."""
        agents = [agent.name for agent in self.people.agents]
        return [*agents, *(user.shown_name for user in self.people.users)]


def sketches(source: Import) -> list[Sketch]:
    """The first rows, in the order of the file."""
    directory = Directory.of(source.project)
    rows = list(source.rows.all()[:SHOWN])
    records = {row.ref: keeping.from_json(row.record) for row in rows if row.record}
    wanted = {link.to for record in records.values() for link in record.depends_on}
    waited_for = source.rows.filter(ref__in=wanted).exclude(status=Status.DONE)
    still = set(waited_for.values_list("ref", flat=True))
    return [_sketch(row, records[row.ref], directory, still) for row in rows if row.ref in records]


def _sketch(row: ImportRow, record: TaskRecord, directory: Directory, still: set[str]) -> Sketch:
    people = people_of(record, record.assignees, directory)
    waits = any(link.to in still for link in record.depends_on)
    status = placing.landing(record, assigned=bool(people), waits=waits)
    return Sketch(row, record, people, status)
