"""Tasks in any status, made by the services, and actors of every kind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from agents.models import Agent
from missioncontrol.kernel.actor import Actor
from tasks.models import Project, Task
from tasks.services.tasks import create_task
from tasks.services.transition import Step, transition
from tests.agents.building import HOUSE, a_member, a_project, actor_of
from tests.agents.building import an_agent as a_registered_agent

__all__ = ["HOUSE", "a_member", "a_project", "actor_of"]

PLAN = {"bullets": ["Look", "Do", "Check"]}
DELIVERABLE = {"summary": "It is done."}
CHECKLIST = {"items": [{"label": "Tests", "checked": True}]}
WORK = {"work_plan": PLAN, "deliverable": DELIVERABLE, "checklist": CHECKLIST}
BOSS = Actor(kind="service", id="boss", name="boss", scopes=frozenset({"write", "operate"}))
"""A service that may do whatever an operator may, for putting tasks where a test needs them."""


def an_agent(project: Project, slug: str = "bolt", **fields: Any) -> tuple[Agent, Actor]:
    """A registered agent and the actor it acts as."""
    agent, _ = a_registered_agent(project, slug, **fields)
    return agent, acting(agent)


def acting(agent: Agent) -> Actor:
    """The actor an agent acts as, by its flags and state of now."""
    return Actor(
        kind="agent",
        id=str(agent.pk),
        name=agent.slug,
        project_id=agent.project_id,
        flags=agent.flags,
        state=agent.state,
    )


def a_service(project: Project, *scopes: str) -> Actor:
    """A service with these scopes."""
    return Actor(kind="service", id="s", name="ci", project_id=project.pk, scopes=frozenset(scopes))


def a_task(project: Project, title: str = "Write the guide", **fields: Any) -> Task:
    """A task that says everything triage asks for."""
    asked: dict[str, Any] = {"description": "What it is for.", "priority": 3, **fields}
    return create_task(actor=HOUSE, project=project, title=title, **asked)


def forced(task: Task, to: str, actor: Actor = BOSS) -> Task:
    """The task, put into a status whatever the workflow says."""
    return transition(actor=actor, task=task, step=Step(to=to, reason="Set up.", override=True))


def together(jobs: list[Callable[[], Any]]) -> list[Any]:
    """The results (or errors) of all jobs, started at the same moment on threads of their own."""
    gate = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[place] = job()
        except Exception as error:  # noqa: BLE001 - handed to the test, which looks at every one
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
