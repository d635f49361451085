"""Saved views: kept, changed and thrown away. A private one is its owner's alone, a shared one the operators'."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import FieldError, Forbidden, NotFound, Refused
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.filter_grammar import MAX_LENGTH, parse
from tasks.models import Project, SavedView
from tasks.queries.labels import views_naming
from tasks.services.access import Need, by_id, can, require

MAX_VIEWS = 100
"""How many views one person may keep in one project."""


def visible_views(actor: Actor, project: Project) -> QuerySet[SavedView]:
    """The project's shared views and the actor's own; agents and services have none of their own."""
    mine = Q(owner_id=actor.user_id) if actor.user_id else Q()
    return SavedView.objects.filter(Q(shared=True) | mine, project=project).select_related("owner")


def get_view(actor: Actor, project: Project, ref: str) -> SavedView:
    """The view with this id. Raises NotFound where there is none the actor may see."""
    return by_id(visible_views(actor, project), ref, "view")


def may_change(actor: Actor, project: Project, view: SavedView) -> bool:
    """Whether the actor may rename, change or delete the view."""
    if view.shared:
        return can(actor, project, Need.OPERATE)
    return view.owner_id == actor.user_id


def save_view(
    *, actor: Actor, project: Project, name: str, query: str = "", lane: str = "", shared: bool = False
) -> SavedView:
    """Keep a view under a name.

    Raises `Forbidden` (403) for programs, and for viewers that would share it, `FilterRefused` (400) for a query that
    cannot be read, `Refused` (422) for a name that is taken or one view too many.
    """
    if actor.user_id is None:
        raise Forbidden("Views belong to people.")
    _check(actor, project, query, shared)
    with unit():
        Project.objects.select_for_update(no_key=True).only("pk").get(pk=project.pk)
        mine = SavedView.objects.filter(project=project, owner_id=actor.user_id)
        if mine.count() >= MAX_VIEWS:
            raise Refused(f"You have {MAX_VIEWS} views here; delete one first.", code="too_many_views")
        _ensure_free(mine, name)
        view = SavedView.objects.create(
            project=project, owner_id=actor.user_id, name=name, query=query, lane=lane, shared=shared
        )
        _record(actor, view, "view.saved")
    return view


def change_view(*, actor: Actor, project: Project, view: SavedView, changes: dict[str, Any]) -> SavedView:
    """Set `name`, `query`, `lane` or `shared`. Raises `Forbidden` (403), and what `save_view` raises."""
    with unit():
        view = _locked(view)
        _ensure_may_change(actor, project, view)
        _check(actor, project, changes.get("query", ""), changes.get("shared", False))
        before = {name: getattr(view, name) for name in changes}
        if before == changes:
            return view
        if "name" in changes:
            others = SavedView.objects.filter(project=project, owner_id=view.owner_id)
            _ensure_free(others.exclude(pk=view.pk), changes["name"])
        for name, value in changes.items():
            setattr(view, name, value)
        view.updated_at = timezone.now()
        view.save()
        _record(actor, view, "view.changed", was_shared=bool(before.get("shared")))
    return view


def delete_view(*, actor: Actor, project: Project, view: SavedView) -> None:
    """Throw a view away. Raises `Forbidden` (403), NotFound when somebody has done so already."""
    with unit():
        view = _locked(view)
        _ensure_may_change(actor, project, view)
        _record(actor, view, "view.deleted")
        view.delete()


def rename_in_views(*, actor: Actor, project: Project, old: str, new: str) -> None:
    """Let every view of the project, whoever owns it, ask for the label `new` where it asks for `old`.

    A view that would become too long to be kept stays as it is, and finds nothing by that label.
    """
    with unit():
        for view in views_naming(project, old):
            view = _locked(view)
            query = parse(view.query).renamed("label", old, new)
            if len(query) <= MAX_LENGTH:
                view.query, view.updated_at = query, timezone.now()
                view.save(update_fields=["query", "updated_at"])
                _record(actor, view, "view.changed")


def _locked(view: SavedView) -> SavedView:
    rows = SavedView.objects.select_for_update(of=("self",)).select_related("owner")
    found = rows.filter(pk=view.pk).first()
    if found is None:
        raise NotFound("There is no such view.")
    return found


def _ensure_may_change(actor: Actor, project: Project, view: SavedView) -> None:
    if view.shared:
        require(actor, project, Need.OPERATE)
    elif not may_change(actor, project, view):
        raise Forbidden("This view is somebody else's.")


def _check(actor: Actor, project: Project, query: str, shared: bool) -> None:
    parse(query)
    if shared:
        require(actor, project, Need.OPERATE)


def _ensure_free(views: QuerySet[SavedView], name: str) -> None:
    if views.filter(name=name).exists():
        message = f"There is a view “{name}” already."
        raise Refused(message, code="view_exists", errors=[FieldError("name", message)])


def _record(actor: Actor, view: SavedView, type: str, *, was_shared: bool = False) -> None:
    """What is in a private view is nobody's business but its owner's, so the stream only says that it changed."""
    data: dict[str, Any] = {"shared": view.shared}
    if view.shared or was_shared:
        data |= {"name": view.name, "query": view.query, "lane": view.lane}
    record(project_id=view.project_id, type=type, actor=actor, target=("view", view.pk), data=data)
