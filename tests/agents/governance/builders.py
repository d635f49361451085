"""Plain builder functions: a project with people, an agent at work, and requests that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.models import Agent, Approval
from agents.queries.credentials import agent_actor
from agents.services import registry
from agents.services.approvals import request_approval
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from tasks.models import Event, Project, Task, User
from tasks.services.people import create_operator
from tasks.services.projects import create_project
from tasks.services.tasks import create_task
from tasks.services.transition import Step, transition

HOUSE = Actor.system("tests")
PLAN = {"bullets": ["Read it", "Write it", "Check it"]}
DELIVERABLE = {"summary": "It is written."}
CHECKLIST = {"items": [{"label": "Checked", "checked": True}]}


@dataclass
class World:
    """A project with two operators, a viewer and an agent that holds one task in progress."""

    project: Project
    ann: Actor
    bob: Actor
    vic: Actor
    agent: Agent
    key: str
    task: Task

    @property
    def asker(self) -> Actor:
        """The agent as an actor, as its credential would make it now."""
        return agent_actor(Agent.objects.select_related("project").get(pk=self.agent.pk), None)

    def now(self) -> Task:
        """The task as its row is now."""
        return Task.objects.select_related("project").get(pk=self.task.pk)


def a_person(project: Project, name: str, role: str = "operator") -> Actor:
    """A person with a role, as an actor."""
    return person(create_operator(actor=HOUSE, username=name, project=project, role=role))


def user_of(actor: Actor) -> User:
    """The row behind a person."""
    return User.objects.get(pk=actor.id)


def an_agent(project: Project, slug: str = "scout", **fields: Any) -> registry.NewAgent:
    """A registered agent, with its key."""
    return registry.create_agent(actor=HOUSE, project=project, slug=slug, **fields)


def a_task(project: Project, title: str = "Write the page", **fields: Any) -> Task:
    """A triaged task."""
    fields = {"description": "About us.", "priority": 3, **fields}
    return create_task(actor=HOUSE, project=project, title=title, **fields)


def a_world(slug: str = "atlas", **settings: Any) -> World:
    """A project whose agent holds a task in progress."""
    project = create_project(actor=HOUSE, slug=slug, **settings)
    ann, bob = a_person(project, f"ann-{slug}", "owner"), a_person(project, f"bob-{slug}")
    vic = a_person(project, f"vic-{slug}", "viewer")
    made = an_agent(project)
    task = a_task(project, agents=[made.agent])
    started = transition(
        actor=agent_actor(made.agent, None), task=task, step=Step(to="in_progress", work_plan=PLAN)
    )
    return World(project, ann, bob, vic, made.agent, made.key.secret, started)


def ask(world: World, **fields: Any) -> Approval:
    """The agent asks whether it may deploy."""
    fields = {"action_type": "deploy", "summary": "Deploy the page", "payload": {"env": "live"}, **fields}
    actor = fields.pop("actor", None) or world.asker
    task = fields.pop("task", world.task)
    return request_approval(actor=actor, project=world.project, task=task, **fields)


def events(project: Project, prefix: str = "") -> list[Event]:
    """The project's events whose type begins with `prefix`."""
    return list(Event.objects.filter(project=project, type__startswith=prefix).order_by("seq"))
