"""Parents of tasks: of the same project, no circles, not nested too deeply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from missioncontrol.kernel.errors import FieldError, NotFound
from tasks.errors import CycleRefused
from tasks.models import Project, Task, TaskCounter

MAX_NESTING = 20
MOST_TOLD = 12


def check_parent(project: Project, task: Task | None, parent: Task | None) -> None:
    """Whether `parent` can be the parent of `task`, or of a new one; locks the project's counter against races.

    Raises `NotFound` for a parent of another project, `CycleRefused` (422) for a circle, with the way round, or
    beyond `MAX_NESTING` levels.
    """
    if parent is None:
        return
    if parent.project_id != project.pk:
        raise NotFound("There is no such parent task.")
    TaskCounter.objects.select_for_update().get(project=project)
    above: list[str] = []
    ancestor: Any = parent.pk
    for _ in range(MAX_NESTING):
        if ancestor is None:
            return
        key, further = Task.objects.values_list("key", "parent_id").get(pk=ancestor)
        above.append(key)
        if task is not None and ancestor == task.pk:
            raise _circle(above)
        ancestor = further
    told = f"Tasks nest at most {MAX_NESTING} deep."
    raise CycleRefused(told, errors=[FieldError("parent", told)])


def _circle(above: list[str]) -> CycleRefused:
    """The refusal that names the way round, from the task up to itself."""
    task = above[-1]
    told = f"{task} would be a part of itself: {path_told([task, *above])}."
    if len(above) == 1:
        told = "A task cannot be a part of itself."
    return CycleRefused(told, errors=[FieldError("parent", told)], extra={"path": [task, *above]})


def path_told(keys: Sequence[str]) -> str:
    """A way from task to task in words: `A → B → A`; the middle of a very long one is left out."""
    shown = list(keys)
    if len(shown) > MOST_TOLD:
        shown = [*shown[: MOST_TOLD // 2], "…", *shown[-MOST_TOLD // 2 :]]
    return " → ".join(shown)
