"""Who the names in an import are here: agents and members of the project, found by slug or user name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.text import slugify

from tasks.models import Project, User

if TYPE_CHECKING:
    from agents.models import Agent

LABEL_PREFIX = "assignee:"


@dataclass(frozen=True, slots=True)
class People:
    """Assignees that are known here, and the names that nobody here has."""

    agents: tuple[Agent, ...] = ()
    users: tuple[User, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.agents or self.users)


@dataclass(frozen=True, slots=True)
class Directory:
    """The agents and members of one project by their names here."""

    agents: Mapping[str, Agent]
    users: Mapping[str, User]

    @classmethod
    def of(cls, project: Project) -> Directory:
        """Everybody who can be put on a task of the project, in two queries."""
        agents = project.agents.filter(removed_at__isnull=True)
        members = User.objects.filter(memberships__project=project, is_active=True)
        return cls(
            {agent.slug: agent for agent in agents}, {user.username.casefold(): user for user in members}
        )

    def find(self, names: Iterable[str]) -> People:
        """Who the names mean; an agent comes before a person of the same name."""
        agents: dict[str, Agent] = {}
        users: dict[str, User] = {}
        unknown = []
        for name in names:
            agent = _first(self.agents, slugs_of(name))
            user = None if agent else _first(self.users, (name.casefold(), last_part(name).casefold()))
            if agent is not None:
                agents[agent.slug] = agent
            elif user is not None:
                users[user.username] = user
            else:
                unknown.append(name)
        return People(tuple(agents.values()), tuple(users.values()), tuple(unknown))


def last_part(name: str) -> str:
    """The name itself without the path of teams before it: `nux` of `gastown/polecats/nux`."""
    return name.rstrip("/").rpartition("/")[2]


def slugs_of(name: str) -> tuple[str, str]:
    """The slugs an agent of this name may have: of the whole path, and of its last part."""
    return slugify(name.replace("/", "-"))[:60], slugify(last_part(name))[:60]


def _first(known: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((known[name] for name in names if name in known), None)
