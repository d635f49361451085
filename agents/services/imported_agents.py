"""Agents that another tracker names: known here so that work can be theirs, paused and without a key."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from agents.models import Agent, AgentState
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.transactions import unit
from tasks.events import record
from tasks.models import Import, Project
from tasks.services.access import Need, require
from tasks.services.importing import imports
from tasks.services.importing.directory import Directory, last_part, slugs_of

REASON = "Named by an import; give it a key and resume it to let it work."


def enrol_imported(*, actor: Actor, project: Project, names: Iterable[str]) -> list[Agent]:
    """Register an agent for every name that nobody in the project has, and return the new ones.

    They are paused and have no key: an import never makes a credential. Names that cannot be a slug are passed over.
    Raises Forbidden for an actor that may not administer the project.
    """
    require(actor, project, Need.ADMIN)
    made = []
    for name in dict.fromkeys(names):
        known = Directory.of(project).find([name])
        slug = slugs_of(name)[1]
        if known or not slug:
            continue
        with unit():
            if not Agent.objects.filter(project=project, slug=slug).exists():
                made.append(_enrol(actor, project, slug, name))
    return made


def start_import(*, actor: Actor, source: Import, with_agents: bool = False) -> Import:
    """Start what was read; `with_agents` first registers an agent for every name in it that nobody here has.

    Raises `Conflict` (409) when it was started already, `Forbidden` for agents unless the actor may administer.
    """
    with unit():
        if with_agents:
            names = source.shape.get("names", [])
            enrol_imported(actor=actor, project=source.project, names=names)
        return imports.start(actor=actor, source=source)


def _enrol(actor: Actor, project: Project, slug: str, name: str) -> Agent:
    agent = Agent.objects.create(
        project=project,
        slug=slug,
        name=last_part(name)[:150],
        role_text=f"Known as {name} where its tasks were imported from.",
        state=AgentState.PAUSED,
        state_reason=REASON,
        state_set_by=actor.name,
        state_since=timezone.now(),
    )
    data = {"slug": slug, "name": agent.name, "state": agent.state, "imported_as": name}
    record(project_id=project.pk, type="agent.created", actor=actor, target=("agent", agent.pk), data=data)
    return agent
