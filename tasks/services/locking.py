"""Reading a task in order to write it: the row lock, the version, and the conditional UPDATE that decides."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from missioncontrol.kernel.errors import NotFound
from tasks.errors import VersionConflict
from tasks.models import Task
from tasks.services.undoable import noted


def lock_task(task_id: Any) -> Task:
    """The task as it is now, its row locked until the transaction ends. Raises NotFound."""
    task = Task.objects.select_for_update(of=("self",)).select_related("project").filter(pk=task_id).first()
    if task is None:
        raise NotFound("There is no such task.")
    return task


def write_task(task: Task, **changes: Any) -> Task:
    """Write `changes` where the row still has the version (and lease token) that was read.

    Raises `VersionConflict` (409) when another writer came first; then nothing was written.
    """
    changes.setdefault("updated_at", timezone.now())
    changes |= noted(task, changes)
    changes["version"] = task.version + 1
    written = Task.objects.filter(pk=task.pk, version=task.version).update(**changes)
    if not written:
        raise VersionConflict(
            f"{task.key} was changed meanwhile.",
            extra={"retryable": True, "next_action": "Read the task again and retry."},
        )
    for name, value in changes.items():
        setattr(task, name, value)
    return task
