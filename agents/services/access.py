"""Finding agents for a caller: by slug, inside the projects it may see."""

from __future__ import annotations

from django.db.models import QuerySet

from agents.models import Agent
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import FieldError, Malformed, NotFound, Refused
from tasks.models import Project, User
from tasks.modes import Act
from tasks.services.access import Need, require, visible_projects, within_reach


def visible_agents(actor: Actor, project_slug: str = "") -> QuerySet[Agent]:
    """The agents this actor may see, with their projects, removed ones included; of one project when named."""
    agents = Agent.objects.filter(within_reach(actor))
    if project_slug:
        agents = agents.filter(project__slug=project_slug)
    return agents.select_related("project", "operator", "parent")


def get_agent(
    actor: Actor, slug: str, need: Need = Need.READ, *, project_slug: str = "", act: Act | None = None
) -> Agent:
    """The agent called `slug`, with its project.

    Raises NotFound when the actor may see none, Malformed when several of its projects have one and `project_slug`
    names none of them, Forbidden when it may only look.
    """
    found = list(visible_agents(actor, project_slug).filter(slug=slug)[:2])
    if not found:
        raise NotFound(f"There is no agent “{slug}”.")
    if len(found) > 1:
        message = f"Several projects have an agent “{slug}”: say which with ?project=."
        raise Malformed(message, code="ambiguous", errors=[FieldError("project", "Name the project.")])
    require(actor, found[0].project, need, act=act)
    return found[0]


def ensure_project_visible(actor: Actor, project_slug: str) -> None:
    """Raises NotFound when a list is asked of a project this actor may not see."""
    if project_slug and not visible_projects(actor).filter(slug=project_slug).exists():
        raise NotFound(f"There is no project “{project_slug}”.")


def get_operator(project: Project, username: str) -> User:
    """The member of `project` with this user name. Raises Refused (422) when there is none."""
    user = User.objects.filter(username=username, memberships__project=project).first()
    if user is None:
        message = f"There is no member “{username}” in this project."
        raise Refused(message, code="invalid", errors=[FieldError("operator", message)])
    return user
