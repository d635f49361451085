"""Plain builder functions: a project with people, agents, tasks and a thread."""

from __future__ import annotations

from itertools import count
from typing import Any

from agents.models import Agent, AgentKey, ServiceToken
from agents.queries.credentials import agent_actor
from agents.services.secrets import new_secret
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.api.authentication import person
from missioncontrol.kernel.transactions import unit
from notifications.handlers import handle
from notifications.services import relay
from tasks.events import record, record_task
from tasks.models import (
    Assignment,
    Event,
    EventStream,
    Membership,
    Message,
    Project,
    Task,
    User,
    stamp,
)

_numbers = count(1)
HOUSE = Actor.system("tests")


def a_project(slug: str = "atlas", **settings: Any) -> Project:
    """A project with its stream."""
    project = Project.objects.create(slug=slug, name=slug.title(), key_prefix=slug[:8].upper(), **settings)
    EventStream.objects.create(project=project)
    return project


def a_person(project: Project | None, name: str, role: str = "operator", **fields: Any) -> User:
    """A person, with a role in the project where one is given."""
    user = User.objects.create_user(name, password="correct horse", **fields)
    if project is not None:
        Membership.objects.create(project=project, user=user, role=role)
    return user


def an_agent(project: Project, slug: str, **fields: Any) -> Agent:
    """An agent of the project."""
    return Agent.objects.create(project=project, slug=slug, name=slug.title(), **fields)


def a_key(agent: Agent) -> str:
    """A key of the agent."""
    secret = new_secret("mca")
    AgentKey.objects.create(agent=agent, prefix=secret.prefix, digest=secret.digest)
    return secret.text


def a_token(project: Project, *scopes: str) -> str:
    """A service token of the project."""
    secret = new_secret("mcs")
    ServiceToken.objects.create(
        project=project, name="ci", scopes=list(scopes), prefix=secret.prefix, digest=secret.digest
    )
    return secret.text


def a_task(
    project: Project, title: str = "Write the guide", *, on: tuple[Any, ...] = (), **fields: Any
) -> Task:
    """A task with these agents and people on it."""
    number = next(_numbers)
    task = Task.objects.create(
        project=project,
        number=number,
        key=f"{project.key_prefix}-{number}",
        title=title,
        description="What it is for.",
        priority=3,
        **fields,
    )
    for each in on:
        Assignment.objects.create(task=task, **{"agent" if isinstance(each, Agent) else "user": each})
    return task


def acting(who: User | Agent) -> Actor:
    """The actor a person or an agent acts as."""
    return person(who) if isinstance(who, User) else agent_actor(who, None)


def named(*who: User | Agent) -> dict[str, list[str]]:
    """People and agents as event data names them."""
    return {
        "agents": [str(each.pk) for each in who if isinstance(each, Agent)],
        "users": [str(each.pk) for each in who if isinstance(each, User)],
    }


def say(
    task: Task, who: User | Agent, content: str, *mentioned: Any, reply_to: Message | None = None
) -> Message:
    """A message in the thread, with its event."""
    actor = acting(who)
    with unit():
        message = Message.objects.create(
            project_id=task.project_id, task=task, content=content, reply_to=reply_to, **stamp(actor)
        )
        data = {
            "task": str(task.pk),
            "key": task.key,
            "type": "comment",
            "mentions": named(*mentioned),
            "reply_to": str(reply_to.pk) if reply_to else None,
            "excerpt": content[:200],
        }
        record(
            project_id=task.project_id,
            type="message.posted",
            actor=actor,
            target=("message", message.pk),
            data=data,
        )
    return message


def happen(task: Task, type_: str, actor: Actor = HOUSE, **data: Any) -> Event:
    """An event about the task."""
    with unit():
        record_task(task, type=type_, actor=actor, data=data)
    return Event.objects.filter(project_id=task.project_id).latest("seq")


def run_relay() -> int:
    """Let the relay read what happened."""
    return relay.drain(consumer="notifications", handle=handle)
