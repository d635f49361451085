"""Labels: words on tasks, made when they are first used, and who may set the one that closes a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import FieldError, Forbidden
from tasks.models import Label, Project, Task

AUTO_APPROVE = "auto-approve"
"""The label of tasks that the house closes after a day in review to which nobody objected."""


def labels_by_name(project: Project, names: Iterable[str]) -> Mapping[str, Label]:
    """The project's labels of these names, made where they are missing."""
    names = sorted(names)
    Label.objects.bulk_create([Label(project=project, name=name) for name in names], ignore_conflicts=True)
    return {label.name: label for label in Label.objects.filter(project=project, name__in=names)}


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
