"""Projects: made, edited, their modes and members."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Conflict, FieldError, NotFound, Refused
from missioncontrol.kernel.transactions import unit
from tasks.errors import VersionConflict
from tasks.events import record
from tasks.models import EventStream, Membership, Mode, Project, Role, SystemState, TaskCounter, User

EDITABLE = frozenset(
    {
        "name",
        "description",
        "workflow",
        "autonomy",
        "auto_triage",
        "agents_may_close",
        "done_needs_approval",
        "lease_s",
        "abandon_limit",
        "auto_approve_after_s",
        "wip_limits",
        "loop_limits",
        "timezone",
    }
)


def create_project(
    *,
    actor: Actor,
    slug: str,
    name: str = "",
    key_prefix: str = "",
    creator: User | None = None,
    **settings: Any,
) -> Project:
    """Make a project with its counters and its stream; `creator` becomes its owner.

    Raises `Conflict` (409) when the slug is taken, `Refused` (422) for settings there are not. A taken key prefix gets
    a number; one that is taken in the same moment is a `Conflict` too.
    """
    _ensure_known(settings)
    with unit():
        prefix = _free_prefix(key_prefix or _prefix_from(slug))
        project = _insert(slug=slug, name=name or slug, key_prefix=prefix, **settings)
        TaskCounter.objects.create(project=project)
        EventStream.objects.create(project=project)
        told = {"slug": slug, "name": project.name, "key_prefix": prefix}
        _record(actor, project, "project.created", {"after": told})
        if creator is not None:
            set_member(actor=actor, project=project, user=creator, role=Role.OWNER)
    return project


def update_project(
    *, actor: Actor, project: Project, changes: Mapping[str, Any], expected_version: int | None = None
) -> Project:
    """Change settings of a project.

    Raises `VersionConflict` (409), naming the settings that differ, when `expected_version` is not the current one.
    """
    with unit():
        row = Project.objects.select_for_update().get(pk=project.pk)
        changed = {
            name: value for name, value in changes.items() if name in EDITABLE and getattr(row, name) != value
        }
        if expected_version not in (None, row.version):
            raise _version_conflict(row, changed)
        if not changed:
            return row
        before = {name: getattr(row, name) for name in changed}
        for name, value in changed.items():
            setattr(row, name, value)
        row.version += 1
        row.updated_at = timezone.now()
        row.save()
        _record(actor, row, "project.updated", {"before": before, "after": changed})
    return row


def set_mode(*, actor: Actor, project: Project, mode: str, reason: str = "") -> Project:
    """Set what agents may do in this project: normal, draining, paused, quarantined. The same again is no change.

    Raises `Refused` (422) for a mode there is not.
    """
    _check_mode(mode)
    with unit():
        row = Project.objects.select_for_update().get(pk=project.pk)
        if row.mode == mode:
            return row
        before = row.mode
        row.mode, row.mode_reason, row.mode_set_by = mode, reason[:500], actor.name
        row.mode_since = timezone.now()
        row.version += 1
        row.save()
        _record(
            actor,
            row,
            "project.mode_changed",
            {"before": {"mode": before}, "after": {"mode": mode, "reason": reason}},
        )
    return row


def set_global_mode(*, actor: Actor, mode: str, reason: str = "") -> SystemState:
    """Set what agents may do anywhere; every project's history says so. The same mode again is no change.

    Raises `Refused` (422) for a mode there is not.
    """
    _check_mode(mode)
    with unit():
        state, _ = SystemState.objects.select_for_update().get_or_create(pk=1)
        if state.mode == mode:
            return state
        before = state.mode
        state.mode, state.mode_reason, state.mode_set_by = mode, reason[:500], actor.name
        state.mode_since = timezone.now()
        state.save()
        data = {"before": {"mode": before}, "after": {"mode": mode, "reason": reason}, "scope": "global"}
        for project in Project.objects.filter(archived_at__isnull=True).only("pk"):
            _record(actor, project, "project.mode_changed", data)
    return state


def set_archived(*, actor: Actor, project: Project, archived: bool) -> Project:
    """Put a project and all it holds out of everybody's reach, or back. The same again is no change.

    Its history stays, its keys and tokens let nobody in; leases and approvals that run out there still do.
    """
    with unit():
        row = Project.objects.select_for_update().get(pk=project.pk)
        if (row.archived_at is not None) == archived:
            return row
        row.archived_at = timezone.now() if archived else None
        row.version += 1
        row.save()
        type = "project.archived" if archived else "project.unarchived"
        _record(actor, row, type, {"before": {"archived": not archived}, "after": {"archived": archived}})
    return row


def set_member(*, actor: Actor, project: Project, user: User, role: str) -> Membership:
    """Give a person a role in a project; the same again is no change. Raises `Refused` (422) for the last owner."""
    with unit():
        _lock_members(project)
        known = Membership.objects.filter(project=project, user=user).first()
        if known is not None and known.role == role:
            return known
        before = known.role if known else None
        if before == Role.OWNER:
            _keep_an_owner(project, user)
        row, _ = Membership.objects.update_or_create(project=project, user=user, defaults={"role": role})
        data = {"user": user.pk, "name": user.username, "before": {"role": before}, "after": {"role": role}}
        _record(actor, project, "project.member_set", data)
    return row


def add_member(*, actor: Actor, project: Project, user: User, role: str) -> Membership:
    """Take a person into a project. Raises `Refused` (422) `is_member` for one who belongs to it."""
    with unit():
        _lock_members(project)
        if Membership.objects.filter(project=project, user=user).exists():
            message = f"{user.shown_name} belongs to the project already."
            raise Refused(message, code="is_member", errors=[FieldError("who", message)])
        return set_member(actor=actor, project=project, user=user, role=role)


def remove_member(*, actor: Actor, project: Project, user: User) -> None:
    """Take a person out of a project. Raises `NotFound`, or `Refused` for the last owner."""
    with unit():
        _lock_members(project)
        row = Membership.objects.filter(project=project, user=user).first()
        if row is None:
            raise NotFound("No such member.")
        if row.role == Role.OWNER:
            _keep_an_owner(project, user)
        row.delete()
        data = {"user": user.pk, "name": user.username, "before": {"role": row.role}, "after": {"role": None}}
        _record(actor, project, "project.member_removed", data)


def _version_conflict(project: Project, differing: Mapping[str, Any]) -> VersionConflict:
    return VersionConflict(
        "The project was changed meanwhile.",
        errors=[FieldError(name, "Is something else by now.") for name in sorted(differing)],
        extra={
            "version": project.version,
            "retryable": True,
            "next_action": "Read the project again, then send your edit.",
        },
    )


def _record(actor: Actor, project: Project, type: str, data: Mapping[str, Any]) -> None:
    record(project_id=project.pk, type=type, actor=actor, target=("project", project.pk), data=data)


def _check_mode(mode: str) -> None:
    if mode not in Mode.values:
        raise Refused("Unknown mode.", errors=[FieldError("mode", f"One of {', '.join(Mode.values)}.")])


def _lock_members(project: Project) -> None:
    """One change of members at a time: two owners who take out each other must not both succeed."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _keep_an_owner(project: Project, user: User) -> None:
    others = Membership.objects.filter(project=project, role=Role.OWNER).exclude(user=user)
    if not others.exists():
        raise Refused("A project needs an owner.", code="last_owner")


def _prefix_from(slug: str) -> str:
    letters = re.sub(r"[^A-Z0-9]", "", slug.upper()).lstrip("0123456789")
    return letters[:4] or "PRJ"


def _free_prefix(wanted: str) -> str:
    prefix = re.sub(r"[^A-Z0-9]", "", wanted.upper())[:8] or "PRJ"
    taken = set(Project.objects.filter(key_prefix__startswith=prefix).values_list("key_prefix", flat=True))
    if prefix not in taken:
        return prefix
    return next(f"{prefix[:6]}{n}" for n in range(2, 10_000) if f"{prefix[:6]}{n}" not in taken)


def _ensure_known(settings: Mapping[str, Any]) -> None:
    unknown = sorted(set(settings) - EDITABLE)
    if unknown:
        raise Refused("Unknown settings.", errors=[FieldError(name, "Unknown setting.") for name in unknown])


def _insert(slug: str, **columns: Any) -> Project:
    taken = Conflict(f"There is a project “{slug}” already.", code="slug_taken")
    if Project.objects.filter(slug=slug).exists():
        raise taken
    try:
        with unit():
            return Project.objects.create(slug=slug, **columns)
    except IntegrityError as lost:
        if Project.objects.filter(slug=slug).exists():
            raise taken from lost
        prefix = columns["key_prefix"]
        raise Conflict(
            f"Another project's tasks begin with {prefix}- since a moment.", code="prefix_taken"
        ) from lost
