"""Whom a message names: names in its text become people and agents of the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from missioncontrol.kernel.actor import Actor
from tasks import mentions as text
from tasks.models import Mention, Message, Project, User

Party = tuple[str, Any]
"""("agent", its primary key) or ("user", theirs)."""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Agents and people by primary key, in the order in which they were named."""

    agents: tuple[UUID, ...] = ()
    users: tuple[int, ...] = ()

    @classmethod
    def of(cls, parties: Iterable[Party]) -> Mentioned:
        """The parties, by kind."""
        found = list(parties)
        return cls(
            tuple(key for kind, key in found if kind == "agent"),
            tuple(key for kind, key in found if kind == "user"),
        )

    def parties(self) -> list[Party]:
        """All of them, each with its kind."""
        return [("agent", key) for key in self.agents] + [("user", key) for key in self.users]

    def as_data(self) -> dict[str, list[Any]]:
        """The shape in which events carry mentions."""
        return {"agents": [str(key) for key in self.agents], "users": list(self.users)}


@dataclass(frozen=True, slots=True)
class _Directory:
    """Everybody in a project by folded handle (slug, user name) and by folded full name."""

    everyone: tuple[Party, ...]
    handles: Mapping[str, list[Party]]
    names: Mapping[str, list[Party]]

    def find(self, named: text.Mention) -> Iterable[Party]:
        """Whom a name means; a name that several share means them all."""
        if named.is_everyone:
            return self.everyone
        first, then = (self.names, self.handles) if named.quoted else (self.handles, self.names)
        return first.get(named.name) or then.get(named.name) or ()


def resolve(*, actor: Actor, project: Project, content: str) -> Mentioned:
    """Whom `content` names in this project, each once and never the actor.

    Nobody when the actor is an agent without `can_mention`, or Mission Control itself, which quotes others. Two
    queries when the text holds a name, none otherwise.
    """
    named = text.parse(content) if _may_mention(actor) else []
    if not named:
        return Mentioned()
    directory = _directory_of(project)
    found = dict.fromkeys(party for name in named for party in directory.find(name))
    found.pop(_self(actor), None)
    return Mentioned.of(found)


def add(message: Message, mentioned: Mentioned) -> Mentioned:
    """Write the mentions a message does not have yet and return those."""
    known = {
        ("agent", agent_id) if agent_id else ("user", user_id)
        for agent_id, user_id in message.mentions.values_list("agent_id", "user_id")
    }
    fresh = Mentioned.of(party for party in mentioned.parties() if party not in known)
    write(message, fresh)
    return fresh


def write(message: Message, mentioned: Mentioned) -> None:
    """Write the mentions of a message that has none of these."""
    rows = [Mention(message=message, **{f"{kind}_id": key}) for kind, key in mentioned.parties()]
    if rows:
        Mention.objects.bulk_create(rows)


def _may_mention(actor: Actor) -> bool:
    if actor.is_agent:
        return "can_mention" in actor.flags
    return actor.kind != "system"


def _self(actor: Actor) -> Party:
    return ("agent", actor.agent_id) if actor.is_agent else ("user", actor.user_id)


def _directory_of(project: Project) -> _Directory:
    handles: dict[str, list[Party]] = defaultdict(list)
    names: dict[str, list[Party]] = defaultdict(list)
    everyone: list[Party] = []
    for party, handle, full_names in _people(project):
        everyone.append(party)
        handles[text.fold(handle)].append(party)
        for name in {text.fold(each) for each in full_names} - {""}:
            names[name].append(party)
    return _Directory(tuple(everyone), handles, names)


def _people(project: Project) -> Iterable[tuple[Party, str, tuple[str, ...]]]:
    agents = project.agents.filter(removed_at__isnull=True)
    for key, slug, name in agents.values_list("pk", "slug", "name"):
        yield ("agent", key), slug, (name,)
    members = User.objects.filter(memberships__project=project, is_active=True)
    columns = members.values_list("pk", "username", "display_name", "first_name", "last_name")
    for user_id, username, display_name, first, last in columns:
        yield ("user", user_id), username, (display_name, f"{first} {last}")
