"""A project in which one of everything waits."""

from __future__ import annotations

from typing import Any

from agents.models import Agent
from agents.queries.credentials import agent_actor
from agents.services.alerts import raise_alert
from agents.services.responses import request_responses
from tasks.models import Task
from tasks.services.thread import post_message
from tests.agents.governance.builders import World, a_task, a_world, an_agent, ask
from tests.notifications.builders import run_relay
from tests.tasks.building import forced

__all__ = ["World", "a_task", "a_world", "an_agent", "ask", "everything"]


def everything(world: World, count: int = 1) -> None:
    """So many of each kind wait for ann: requests, reviews, blocks, alerts, mentions and questions."""
    for number in range(count):
        agent = an_agent(world.project, f"agent-{number}").agent
        ask(
            world,
            task=None,
            actor=agent_actor(agent, None),
            payload={"n": number},
            summary=f"Request {number}",
        )
        forced(a_task(world.project, f"Review {number}", agents=[agent]), "review")
        forced(a_task(world.project, f"Block {number}", agents=[agent]), "blocked")
        raise_alert(
            project_id=world.project.pk,
            kind="test",
            title=f"Alert {number}",
            agent=agent,
            dedupe_key=str(number),
        )
        _ask_in_thread(world, agent, a_task(world.project, f"Thread {number}", agents=[agent]))
    run_relay()


def _ask_in_thread(world: World, agent: Agent, task: Task) -> None:
    actor: Any = agent_actor(agent, None)
    post_message(actor=actor, task=task, content=f"Look at this, @{world.ann.name}")
    request_responses(actor=actor, task=task, agents=[], users=[world.ann.name], question="Red or blue?")
