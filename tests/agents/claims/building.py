"""A project with agents and ready tasks, made by the services."""

from __future__ import annotations

from typing import Any

from agents.models import Agent
from missioncontrol.kernel.actor import Actor
from tasks.models import Project, Task
from tasks.services.tasks import create_task
from tests.agents.building import HOUSE

PLAN = {"bullets": ["Look", "Do", "Check"]}


def an_agent(project: Project, slug: str = "bot", **fields: Any) -> tuple[Agent, Actor]:
    """An agent and the actor it acts as."""
    agent = Agent.objects.create(project=project, slug=slug, name=slug.title(), **fields)
    actor = Actor(kind="agent", id=str(agent.pk), name=slug, project_id=project.pk, flags=agent.flags)
    return agent, actor


def a_ready_task(project: Project, title: str = "Work", **fields: Any) -> Task:
    """A task that triage lets into ready."""
    asked = {"description": "Do it.", "priority": 3, **fields}
    return create_task(actor=HOUSE, project=project, title=title, **asked)
