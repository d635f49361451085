"""Who may do what: every interface finds its objects through here.

An object the caller may not see is not found (404), never forbidden: nobody learns that something exists elsewhere.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import Forbidden, NotFound
from missioncontrol.kernel.ids import parse_uuid
from tasks.models import Membership, Project, Role, Task
from tasks.modes import Act, ensure

Row = TypeVar("Row", bound=Model)


class Need(StrEnum):
    """What the caller is about to do, in growing order of trust."""

    READ = "read"
    WRITE = "write"
    OPERATE = "operate"
    ADMIN = "admin"


ROLE_NEEDS: dict[str, frozenset[Need]] = {
    Role.VIEWER: frozenset({Need.READ}),
    Role.OPERATOR: frozenset({Need.READ, Need.WRITE, Need.OPERATE}),
    Role.OWNER: frozenset(Need),
}


def visible_projects(actor: Actor) -> QuerySet[Project]:
    """The projects this actor may see."""
    projects = Project.objects.filter(archived_at__isnull=True)
    if actor.kind == "system" or (actor.kind == "human" and actor.is_staff):
        return projects
    if actor.kind == "human":
        return projects.filter(memberships__user_id=actor.user_id or 0)
    return projects.filter(pk=actor.project_id) if actor.project_id else projects.none()


def visible_tasks(actor: Actor) -> QuerySet[Task]:
    """The tasks this actor may see."""
    return Task.objects.filter(within_reach(actor))


def within_reach(actor: Actor, field: str = "project") -> Q:
    """The condition that keeps a query inside the actor's projects; `field` is the path to the project.

    What is in an archived project is out of everybody's reach.
    """
    standing = Q(**{f"{field}__archived_at__isnull": True})
    if actor.kind == "system" or (actor.kind == "human" and actor.is_staff):
        return standing
    if actor.kind == "human":
        return standing & Q(**{f"{field}__memberships__user_id": actor.user_id})
    return standing & Q(**{f"{field}_id": actor.project_id})


def can(actor: Actor, project: Project, need: Need) -> bool:
    """Whether an actor that sees the project may also do what `need` says."""
    if actor.kind == "system":
        return True
    if actor.kind == "service":
        return need == Need.READ or need.value in actor.scopes
    if actor.is_agent:
        return need in {Need.READ, Need.WRITE}
    if actor.is_staff:
        return True
    return need in ROLE_NEEDS.get(role_in(actor, project) or "", frozenset())


def role_in(actor: Actor, project: Project) -> str | None:
    """A person's role in the project: `owner`, `operator`, `viewer`, or None; staff count as owners."""
    known: dict[Any, str | None] = project.__dict__.setdefault("_roles", {})
    if actor.user_id not in known:
        row = (
            Membership.objects.filter(project=project, user_id=actor.user_id or 0)
            .values_list("role", flat=True)
            .first()
        )
        known[actor.user_id] = row or (Role.OWNER.value if actor.is_staff else None)
    return known[actor.user_id]


def require(actor: Actor, project: Project, need: Need, *, act: Act | None = None) -> None:
    """Let the actor through, or raise `Forbidden` (403); agents are also held to modes (`act`, by default `need`)."""
    if not can(actor, project, need):
        raise Forbidden(f"This needs the right to {need}.", extra={"next_action": "Ask a project owner."})
    if actor.is_agent:
        ensure(actor, act or (Act.READ if need == Need.READ else Act.WRITE))


def require_may_create_projects(actor: Actor) -> None:
    """Let staff, owners and operators through, or raise `Forbidden`: machines stay in their project."""
    if actor.kind == "system" or (actor.kind == "human" and actor.is_staff):
        return
    trusted = Membership.objects.filter(role__in=[Role.OWNER, Role.OPERATOR])
    if actor.user_id is None or not trusted.filter(user_id=actor.user_id).exists():
        raise Forbidden("Projects are made by staff, owners and operators.")


def get_project(actor: Actor, slug: str, need: Need = Need.READ, *, act: Act | None = None) -> Project:
    """The project called `slug`. Raises NotFound when the actor may not see it, Forbidden when it may only see it."""
    project = visible_projects(actor).filter(slug=slug).first()
    if project is None:
        raise NotFound(f"There is no project “{slug}”.")
    require(actor, project, need, act=act)
    return project


def by_id(rows: QuerySet[Row], ref: str, what: str) -> Row:
    """The one of `rows`, those the actor may see, with the id `ref`; `what` names it. Raises NotFound (404)."""
    identity = parse_uuid(ref)
    row = rows.filter(pk=identity).first() if identity else None
    if row is None:
        raise NotFound(f"There is no such {what}.")
    return row


def get_task(actor: Actor, ref: str, need: Need = Need.READ, *, act: Act | None = None) -> Task:
    """The task named by id or key (`PRJ-12`), with its project. Raises NotFound or Forbidden."""
    identity = parse_uuid(ref)
    named = Q(pk=identity) if identity else Q(key=ref.upper())
    task = visible_tasks(actor).filter(named).select_related("project").first()
    if task is None:
        raise NotFound("There is no such task.")
    require(actor, task.project, need, act=act)
    return task
