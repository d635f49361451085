"""Labels changed for the whole project: made, renamed, merged, deleted. See `labels` for those of one task.

Every task that carries the label is changed with it: a new version and an event of its own, so that whoever reads the
task, its card or its history sees what happened. Tasks are locked before labels, as an edit of a task does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Conflict, FieldError, NotFound, Refused, Unavailable
from missioncontrol.kernel.transactions import unit
from tasks.events import record, record_task
from tasks.models import Label, Project, Task
from tasks.services.views import rename_in_views

TRIES = 5
T = TypeVar("T")
Turn = Callable[[set[str]], set[str]]


class _TaskCameIn(Exception):
    """A task got the label between locking its tasks and locking the label."""


def get_label(project: Project, ref: str) -> Label:
    """The project's label with this id. Raises NotFound (404)."""
    number = int(ref) if ref.isascii() and ref.isdecimal() and len(ref) < 18 else 0
    label = Label.objects.filter(project=project, pk=number).first()
    if label is None:
        raise NotFound("There is no such label.")
    return label


def create_label(*, actor: Actor, project: Project, name: str) -> Label:
    """A label that no task carries yet. Raises `Refused` (422) `label_exists` for a name that is taken."""
    with unit():
        label, made = Label.objects.get_or_create(project=project, name=name)
        if not made:
            raise _taken(name, "There is a label “{name}” already.")
        _record(actor, label, "label.created", after={"name": name})
    return label


def rename_label(*, actor: Actor, label: Label, name: str, was: str = "") -> Label:
    """Call the label `name` on every task, and in saved views; the same name again is no change.

    Raises `Conflict` (409) when `was` is given and it is called otherwise by now, `Refused` (422) `label_exists` for a
    name that is taken, NotFound when it is gone, `Unavailable` (503) when tasks keep getting the label meanwhile.
    """

    def change() -> Label:
        tasks = _lock(label)
        if was and label.name != was:
            raise Conflict(f"It is called “{label.name}” by now.", code="label_changed")
        if label.name == name:
            return label
        if Label.objects.filter(project_id=label.project_id, name=name).exists():
            raise _taken(name, "There is a label “{name}” already. Merge the two instead.")
        old = label.name
        _relabel(actor, label, tasks, lambda names: names - {old} | {name})
        Label.objects.filter(pk=label.pk).update(name=name)
        label.name = name
        rename_in_views(actor=actor, project=label.project, old=old, new=name)
        _record(actor, label, "label.renamed", before={"name": old}, after={"name": name}, tasks=len(tasks))
        return label

    return _undisturbed(change)


def merge_label(*, actor: Actor, label: Label, into: Label) -> Label:
    """Give every task with `label` the label `into` instead, in saved views too; `label` is gone then.

    Raises `Refused` (422) for a label and itself, and what `rename_label` raises.
    """
    if label.pk == into.pk:
        message = "A label cannot be merged into itself."
        raise Refused(message, code="same_label", errors=[FieldError("into", message)])

    def change() -> Label:
        tasks = _lock(label, into)
        old, new = label.name, into.name
        _relabel(actor, label, tasks, lambda names: names - {old} | {new})
        through = Task.labels.through
        rows = [through(task_id=pk, label_id=into.pk) for pk in tasks]
        through.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        rename_in_views(actor=actor, project=label.project, old=old, new=new)
        data = {"before": {"name": old}, "after": {"name": new}, "tasks": len(tasks)}
        _record(actor, label, "label.merged", **data)
        _remove(label)
        return into

    return _undisturbed(change)


def delete_label(*, actor: Actor, label: Label) -> None:
    """Take the label off every task and forget it. Raises what `rename_label` raises."""

    def change() -> None:
        tasks = _lock(label)
        _relabel(actor, label, tasks, lambda names: names - {label.name})
        _record(actor, label, "label.deleted", before={"name": label.name}, tasks=len(tasks))
        _remove(label)

    _undisturbed(change)


def _undisturbed(change: Callable[[], T]) -> T:
    for _ in range(TRIES):
        try:
            with unit():
                return change()
        except _TaskCameIn:
            continue
    raise Unavailable("Tasks are getting this label right now. Nothing was changed; try again.")


def _lock(label: Label, *others: Label) -> Mapping[UUID, Task]:
    """The tasks that carry `label`, they and all the labels locked and read anew. Raises NotFound, `_TaskCameIn`."""
    columns = ("project_id", "key", "status", "version")
    rows = _carriers(label).select_for_update(of=("self",)).order_by("pk").only(*columns)
    tasks = {task.pk: task for task in rows}
    wanted = {each.pk: each for each in (label, *others)}
    locked = list(Label.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))
    if len(locked) < len(wanted):
        raise NotFound("There is no such label any more.")
    for row in locked:
        wanted[row.pk].name = row.name
    if set(_carriers(label).values_list("pk", flat=True)) != set(tasks):
        raise _TaskCameIn
    return tasks


def _carriers(label: Label) -> QuerySet[Task]:
    carrying = Task.labels.through.objects.filter(label_id=label.pk).values("task_id")
    return Task.objects.filter(pk__in=carrying)


def _relabel(actor: Actor, label: Label, tasks: Mapping[UUID, Task], turn: Turn) -> None:
    """Give every task a new version and its event; the rows that tie labels to tasks are the caller's to change."""
    before = _names_by_task(label)
    _carriers(label).update(version=F("version") + 1, updated_at=timezone.now())
    for pk, task in tasks.items():
        task.version += 1
        names = before[pk]
        data = {"before": {"labels": sorted(names)}, "after": {"labels": sorted(turn(names))}}
        record_task(task, type="task.updated", actor=actor, data=data)


def _names_by_task(label: Label) -> Mapping[UUID, set[str]]:
    through = Task.labels.through.objects
    carrying = through.filter(label_id=label.pk).values("task_id")
    found: dict[UUID, set[str]] = {}
    for pk, name in through.filter(task__in=carrying).values_list("task_id", "label__name"):
        found.setdefault(pk, set()).add(name)
    return found


def _remove(label: Label) -> None:
    Task.labels.through.objects.filter(label_id=label.pk).delete()
    Label.objects.filter(pk=label.pk).delete()


def _taken(name: str, message: str) -> Refused:
    told = message.format(name=name)
    return Refused(told, code="label_exists", errors=[FieldError("name", told)])


def _record(actor: Actor, label: Label, type: str, **data: object) -> None:
    record(project_id=label.project_id, type=type, actor=actor, target=("label", label.pk), data=data)
