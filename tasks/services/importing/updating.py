"""Tasks that were imported before and that their source now tells differently.

What is written is the difference between what the source said then and what it says now. A field that people changed
here in between stays unless the source changed it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import DomainError
from missioncontrol.kernel.transactions import unit
from tasks.importing import placing
from tasks.importing.records import TaskRecord
from tasks.models import ImportedTask, Task
from tasks.services.assigning import assign
from tasks.services.automatic import hold_for_dependencies
from tasks.services.dependencies import add_dependency, remove_dependency
from tasks.services.importing.creating import label_names, people_of, without_links
from tasks.services.importing.directory import Directory
from tasks.services.importing.messages import bring_messages
from tasks.services.tasks import edit_task
from tasks.services.transition import Step, transition
from tasks.workflow import CLOSED

FIELDS = (
    "title",
    "description",
    "type",
    "priority",
    "due_at",
    "estimate_minutes",
    "work_plan",
    "deliverable",
    "checklist",
)
CHANGED_THERE = "Changed where it was imported from."


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether anything was written, and what could not be."""

    wrote: bool
    problems: list[str]


def update(
    *,
    actor: Actor,
    task: Task,
    record: TaskRecord,
    before: ImportedTask | None,
    directory: Directory,
    tasks: Mapping[str, Task],
) -> Outcome:
    """Write what the source changed. `tasks` holds every task of this import by its ref.

    What is refused stays noted as it was before, so that the next import tries it again.
    """
    then = before.fields if before else without_links(record)
    change = _Change(actor, task, record, then, directory, tasks, told=record.as_told())
    with unit():
        parts = list(change.parts())
        for names, write in parts:
            change.attempt(names, write)
        known = {
            "fields": change.told,
            "digest": "" if change.problems else record.digest(),
            "imported_at": database_now(),
        }
        ImportedTask.objects.update_or_create(task_id=task.pk, defaults=known)
    return Outcome(len(parts) > len(change.problems), change.problems)


Part = tuple[tuple[str, ...], Callable[[], None]]


@dataclass(slots=True)
class _Change:
    """One task's difference: `then` is what the source said before, `told` what it says now."""

    actor: Actor
    task: Task
    record: TaskRecord
    then: dict[str, Any]
    directory: Directory
    tasks: Mapping[str, Task]
    told: dict[str, Any]
    problems: list[str] = field(default_factory=list)

    def parts(self) -> Iterator[Part]:
        """The fields the source changed, and how to write them; a finished task is reopened before anything else."""
        parts: list[Part] = [
            (FIELDS, self._fields),
            (("labels", "assignees"), self._labels),
            (("assignees",), self._people),
            (("parent",), self._parent),
            (("depends_on",), self._dependencies),
            (("messages",), self._messages),
        ]
        parts.insert(0 if self.task.status in CLOSED else len(parts), (("status",), self._status))
        for names, write in parts:
            if any(self._changed(name) for name in names):
                yield names, write

    def attempt(self, names: tuple[str, ...], write: Callable[[], None]) -> None:
        """Write one part in a savepoint of its own; a refusal is kept as a problem."""
        try:
            with unit():
                write()
        except DomainError as refusal:
            self.problems.append(f"{', '.join(filter(self._changed, names))}: {refusal.message}")
            self.told |= {name: self.then.get(name) for name in names}

    def _changed(self, name: str) -> bool:
        return bool(self.told[name] != self.then.get(name))

    def _fields(self) -> None:
        changes = {name: getattr(self.record, name) for name in FIELDS if self._changed(name)}
        edit_task(actor=self.actor, task=self.task, changes=changes)

    def _labels(self) -> None:
        then = set(self._labels_of(self.then["labels"], self.then["assignees"]))
        now = set(self._labels_of(self.told["labels"], self.told["assignees"]))
        kept = set(self.task.labels.values_list("name", flat=True)) - (then - now)
        edit_task(actor=self.actor, task=self.task, changes={"labels": sorted(kept | (now - then))})

    def _labels_of(self, labels: list[str], names: list[str]) -> list[str]:
        return label_names(labels, people_of(self.record, names, self.directory))

    def _people(self) -> None:
        then = people_of(self.record, self.then["assignees"], self.directory)
        now = people_of(self.record, self.told["assignees"], self.directory)
        for mode, some, others in (("add", now, then), ("remove", then, now)):
            agents = [agent for agent in some.agents if agent not in others.agents]
            users = [user for user in some.users if user not in others.users]
            assign(actor=self.actor, task=self.task, agents=agents, users=users, mode=mode)

    def _status(self) -> None:
        record = self.record
        people = people_of(record, record.assignees, self.directory)
        anybody = bool(people) or self.task.assignments.exists()
        to = placing.landing(record, assigned=anybody)
        closed_at = min(record.closed_at, database_now()) if record.closed_at and to in CLOSED else None
        step = Step(to=to, reason=record.reason or CHANGED_THERE, override=True)
        hold_for_dependencies(transition(actor=self.actor, task=self.task, step=step, now=closed_at))

    def _parent(self) -> None:
        parent = self.tasks[self.record.parent.to] if self.record.parent else None
        edit_task(actor=self.actor, task=self.task, changes={"parent": parent})

    def _dependencies(self) -> None:
        then, now = set(self.then["depends_on"]), set(self.told["depends_on"])
        for ref in sorted(now - then):
            add_dependency(actor=self.actor, task=self.task, depends_on=self.tasks[ref])
        for ref in sorted(then - now):
            self._let_go(ref)

    def _let_go(self, ref: str) -> None:
        """Stop waiting for a task; one that people have taken out already, or that left the export, is no problem."""
        waited_for = self.tasks.get(ref)
        if waited_for is not None and self.task.dependencies.filter(depends_on=waited_for).exists():
            remove_dependency(actor=self.actor, task=self.task, depends_on=waited_for)

    def _messages(self) -> None:
        bring_messages(
            actor=self.actor, task=self.task, messages=self.record.messages, known=self.then["messages"]
        )
