"""Settings of a project edited by people, several of them at once: what each changed is kept, or told apart.

A form sends all its values together with those it was drawn from. What differs between the two is what the person
changed; what differs between those it was drawn from and those of now is what others changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import FieldError
from missioncontrol.kernel.transactions import unit
from tasks.errors import VersionConflict
from tasks.models import Event, Project
from tasks.services.projects import EDITABLE, update_project

Flat = Mapping[str, Any]
NESTED = ("wip_limits", "loop_limits")
MOST_EVENTS = 100


def flat(project: Project) -> dict[str, Any]:
    """Every setting by name; those inside another are called `wip_limits.review`, `loop_limits.ping_pong.minutes`."""
    plain = {name: getattr(project, name) for name in EDITABLE if name not in NESTED}
    for name in NESTED:
        plain |= _flattened(name, getattr(project, name))
    return plain


def edit_settings(*, actor: Actor, project: Project, seen: Flat, asked: Flat) -> Project:
    """Set what `asked` says otherwise than `seen`, the values that the person was shown.

    None takes a nested setting out. What others changed meanwhile stays, and where both changed the same setting to
    different values nothing is written: raises `VersionConflict` (409) with each of those settings and who changed it.
    """
    with unit():
        row = Project.objects.select_for_update().get(pk=project.pk)
        now = flat(row)
        shown = {name: _shown(name, seen, now) for name in asked}
        mine = {name: value for name, value in asked.items() if value != shown[name]}
        clashing = [name for name in mine if now.get(name) not in (shown[name], mine[name])]
        if clashing:
            raise _clash(row, clashing)
        return update_project(actor=actor, project=row, changes=_changes(row, mine))


def _shown(name: str, seen: Flat, now: Flat) -> Any:
    """What the person was shown: a nested setting that is not among `seen` was not set; other gaps stand for now."""
    return None if seen and name not in seen and "." in name else seen.get(name, now.get(name))


def _flattened(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {name: value}
    return {
        path: leaf
        for key, inner in value.items()
        for path, leaf in _flattened(f"{name}.{key}", inner).items()
    }


def _changes(project: Project, asked: Flat) -> dict[str, Any]:
    changes = {name: value for name, value in asked.items() if "." not in name}
    for name, value in asked.items():
        top, *path = name.split(".")
        if path:
            changes.setdefault(top, deepcopy(getattr(project, top)))
            _put(changes[top], path, value)
    return changes


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    key, *rest = path
    if rest:
        inner = into.setdefault(key, {})
        _put(inner, rest, value)
        if not inner:
            del into[key]
    elif value is None:
        into.pop(key, None)
    else:
        into[key] = value


def _clash(project: Project, names: Iterable[str]) -> VersionConflict:
    authors = _last_authors(project)
    errors = [
        FieldError(name, f"{authors.get(name.partition('.')[0], 'Somebody')} changed it meanwhile.")
        for name in names
    ]
    return VersionConflict(
        f"{project.name} was changed meanwhile.",
        errors=errors,
        extra={"version": project.version, "retryable": True},
    )


def _last_authors(project: Project) -> dict[str, str]:
    """Who changed each setting last, as far as the latest changes say."""
    rows = Event.objects.filter(project=project, type="project.updated").order_by("-seq")[:MOST_EVENTS]
    authors: dict[str, str] = {}
    for event in rows:
        for name in event.data.get("after") or {}:
            authors.setdefault(name, event.actor_name)
    return authors
