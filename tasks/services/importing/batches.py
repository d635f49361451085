"""One batch of an import, whoever asked for it: create what is new, link it, change what its source changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.transactions import unit
from tasks.importing.records import Skipped, TaskRecord
from tasks.models import ImportedTask, Project, Source, Task, TaskCounter
from tasks.services.importing.creating import create, has_links
from tasks.services.importing.directory import Directory
from tasks.services.importing.linking import link_new
from tasks.services.importing.rows import Entry, source_ref
from tasks.services.importing.updating import Outcome, update


@dataclass(frozen=True, slots=True)
class Ground:
    """What every batch of one import stands on. `source` keeps the ids of several sources apart."""

    actor: Actor
    project: Project
    source: str
    directory: Directory
    now: datetime

    def tasks(self, refs: Iterable[str]) -> dict[str, Task]:
        """The tasks that were imported before, by their ids at the source."""
        prefix = source_ref(self.source, "")
        wanted = [prefix + ref for ref in refs]
        rows = Task.objects.filter(project=self.project, source=Source.IMPORT, source_ref__in=wanted)
        return {task.source_ref.removeprefix(prefix): task for task in rows.select_related("project")}


def create_missing(
    ground: Ground, records: Sequence[TaskRecord], *, waiting: frozenset[str], first: int = 0
) -> list[Entry]:
    """Create the tasks that are not there yet, and only those.

    `waiting` holds the ids of tasks that depend on something not done, `first` how many tasks this import has created
    so far. Two imports of the same source, at the same moment even, make each task once: the project's counter is
    locked before looking.
    """
    with unit():
        TaskCounter.objects.select_for_update().get(project=ground.project)
        known = ground.tasks(record.ref for record in records)
        return create(
            actor=ground.actor,
            project=ground.project,
            source=ground.source,
            records=[record for record in records if record.ref not in known],
            directory=ground.directory,
            waiting=waiting,
            now=ground.now,
            first=first,
        )


def link_created(ground: Ground, entries: Sequence[Entry], tasks: Mapping[str, Task]) -> list[Skipped]:
    """Give new tasks their parents and dependencies; `tasks` holds them all by id. Answers the links refused."""
    linked = [entry for entry in entries if has_links(entry.record)]
    if not linked:
        return []
    with unit():
        return link_new(ground.actor, linked, tasks)


def change_known(
    ground: Ground, records: Sequence[TaskRecord], tasks: Mapping[str, Task]
) -> Iterator[tuple[TaskRecord, Task, Outcome]]:
    """Write what the source says otherwise than the last time; each task that is there already, with the outcome."""
    imported = ImportedTask.objects.in_bulk([tasks[record.ref].pk for record in records])
    for record in records:
        task = tasks[record.ref]
        before = imported.get(task.pk)
        if before is not None and before.digest == record.digest():
            yield record, task, Outcome(False, [])
        else:
            yield (
                record,
                task,
                update(
                    actor=ground.actor,
                    task=task,
                    record=record,
                    before=before,
                    directory=ground.directory,
                    tasks=tasks,
                ),
            )
