"""Labels: words on tasks, made when they are first used, and who may set the one that closes a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import connection

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Conflict, FieldError, Forbidden
from tasks.models import Label, Project, Task

AUTO_APPROVE = "auto-approve"
"""The label of tasks that the house closes after a day in review to which nobody objected."""

TRIES = 5


def labels_by_name(project: Project, names: Iterable[str]) -> Mapping[str, Label]:
    """The project's labels of these names, made where they are missing, and kept from being renamed or deleted until
    the transaction ends. Raises `Conflict` (409) when they are renamed again and again meanwhile.
    """
    names = sorted(set(names))
    for _ in range(TRIES):
        Label.objects.bulk_create(
            [Label(project=project, name=name) for name in names], ignore_conflicts=True
        )
        found = {label.name: label for label in _held(project, names)}
        if len(found) == len(names):
            return found
    raise Conflict("The labels are being changed. Nothing was written; try again.", extra={"retryable": True})


def set_labels(task: Task, names: Iterable[str]) -> None:
    """Give the task these labels and no others; call it inside `unit()`, with the event that tells of it."""
    wanted = {name.strip() for name in names if name.strip()}
    if wanted or task.labels.exists():
        task.labels.set(labels_by_name(task.project, wanted).values())


def ensure_may_label(actor: Actor, changed: Iterable[str]) -> None:
    """Raises Forbidden (403) for an agent that sets or removes `AUTO_APPROVE`.

    Whether a task closes without anybody's word is for people to say: no agent approves its own work by a label.
    """
    if actor.is_agent and AUTO_APPROVE in {name.strip() for name in changed}:
        message = f"Only people and services set or remove “{AUTO_APPROVE}”."
        raise Forbidden(message, code="label_not_yours", errors=[FieldError("labels", message)])


def _held(project: Project, names: Sequence[str]) -> Iterable[Label]:
    """The labels, locked so that any number of writers may use them at once but nobody may rename or delete them.

    Foreign keys are checked at the commit only: without the lock a label deleted meanwhile would fail a finished edit.
    """
    if connection.vendor != "postgresql":
        return Label.objects.filter(project=project, name__in=names)
    statement = "SELECT * FROM tasks_label WHERE project_id = %s AND name = ANY(%s) ORDER BY id FOR KEY SHARE"
    return Label.objects.raw(statement, [project.pk, list(names)])
