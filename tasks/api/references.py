"""Names in bodies turned into rows, inside one project: what is elsewhere is as unknown as what is nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from missioncontrol.kernel.errors import FieldError, Refused
from missioncontrol.kernel.ids import parse_uuid
from tasks.models import Project, Task
from tasks.services.assigning import resolve_assignees


def task_in(project: Project, ref: str, field: str) -> Task:
    """The project's task named by id or key in the body's `field`. Raises Refused (422) naming the field."""
    return tasks_in(project, [ref], field)[0]


def tasks_in(project: Project, refs: Iterable[str], field: str) -> list[Task]:
    """The project's tasks behind these ids and keys, in their order. Raises Refused naming the unknown ones."""
    wanted = list(dict.fromkeys(refs))
    if not wanted:
        return []
    found = list(Task.objects.filter(_any_named(wanted), project=project).select_related("project"))
    known = {str(task.pk): task for task in found} | {task.key: task for task in found}
    errors = [
        FieldError(field, f"There is no task “{ref}” in this project.")
        for ref in wanted
        if _name(ref) not in known
    ]
    if errors:
        raise Refused(" ".join(error.message for error in errors), code="unknown_task", errors=errors)
    return list(dict.fromkeys(known[_name(ref)] for ref in wanted))


def reviewer_in(project: Project, given: Mapping[str, str]) -> Any:
    """The agent or person that a `reviewer` names. Raises Refused (422)."""
    slugs = [given["agent"]] if "agent" in given else []
    names = [given["user"]] if "user" in given else []
    try:
        agents, users = resolve_assignees(project, slugs, names)
    except Refused as unknown:
        errors = [FieldError("reviewer", error.message) for error in unknown.errors]
        raise Refused(unknown.message, code="unknown_reviewer", errors=errors) from unknown
    return [*agents, *users][0]


def _any_named(refs: list[str]) -> Q:
    ids = [identity for ref in refs if (identity := parse_uuid(ref))]
    return Q(pk__in=ids) | Q(key__in=[_name(ref) for ref in refs])


def _name(ref: str) -> str:
    identity = parse_uuid(ref)
    return str(identity) if identity else ref.upper()
