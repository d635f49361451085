"""Parents of tasks: of the same project, no circles, not nested too deeply."""

from __future__ import annotations

from typing import Any

from missioncontrol.kernel.errors import FieldError, NotFound
from tasks.errors import CycleRefused
from tasks.models import Project, Task, TaskCounter

MAX_NESTING = 20


def check_parent(project: Project, task: Task | None, parent: Task | None) -> None:
    """Whether `parent` can be the parent of `task`, or of a new one; locks the project's counter against races.

    Raises `NotFound` for a parent of another project, `CycleRefused` (422) for a circle or beyond `MAX_NESTING` levels.
    """
    if parent is None:
        return
    if parent.project_id != project.pk:
        raise NotFound("There is no such parent task.")
    TaskCounter.objects.select_for_update().get(project=project)
    ancestor: Any = parent.pk
    for _ in range(MAX_NESTING):
        if ancestor is None:
            return
        if task is not None and ancestor == task.pk:
            raise CycleRefused(
                "A task cannot be its own ancestor.", errors=[FieldError("parent", "A circle.")]
            )
        ancestor = Task.objects.filter(pk=ancestor).values_list("parent_id", flat=True).first()
    raise CycleRefused(
        f"Tasks nest at most {MAX_NESTING} deep.", errors=[FieldError("parent", "Nested too deeply.")]
    )
