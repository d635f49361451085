"""A task with people and agents around it, all calling the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agents.models import Agent
from tasks.models import Event, Project, Subscription, Task, User
from tests.agents.building import Caller, a_member, a_project, an_agent, events, signed_in
from tests.tasks.building import WORK, a_task, forced


@dataclass
class World:
    """Ada owns the project, Vic only looks; Bolt is on the task, Cora is a colleague of Bolt's."""

    project: Project
    task: Task
    ada: User
    vic: User
    bolt: Agent
    cora: Agent
    by_ada: Caller
    by_vic: Caller
    by_bolt: Caller
    by_cora: Caller

    def now(self) -> Task:
        """The task as its row is now."""
        return Task.objects.get(pk=self.task.pk)

    def path(self, end: str) -> str:
        """An address below the task's."""
        return f"/tasks/{self.task.key}/{end}"

    def say(self, content: str, by: Caller | None = None, **body: Any) -> dict[str, Any]:
        """A message posted by Ada, or by somebody else."""
        answer = (by or self.by_ada).post(self.path("messages"), {"content": content, **body})
        assert answer.status_code == 201, answer.content
        said: dict[str, Any] = answer.json()
        return said

    def events(self, type: str = "") -> list[Event]:
        """The project's events of one type."""
        return events(self.project, type)

    def in_status(self, to: str) -> World:
        """The same world with the task in another status, its work handed in."""
        Task.objects.filter(pk=self.task.pk).update(**WORK)
        self.task = forced(self.now(), to)
        return self

    def follows(self, who: Agent | User) -> bool | None:
        """Whether somebody follows the thread; None when it was never decided."""
        key = {"agent": who} if isinstance(who, Agent) else {"user": who}
        row = Subscription.objects.filter(task=self.task, **key).first()
        return None if row is None else not row.muted


def a_world(slug: str = "apollo", **settings: Any) -> World:
    """The world, with the task assigned to Bolt."""
    project = a_project(slug, **settings)
    ada = a_member(project, f"ada-{slug}" if slug != "apollo" else "ada", "owner")
    vic = a_member(project, f"vic-{slug}" if slug != "apollo" else "vic", "viewer")
    bolt, by_bolt = an_agent(project, "bolt", name="Bolt Bauer")
    cora, by_cora = an_agent(project, "cora", name="Córa Ünal", can_review=True)
    task = a_task(project, agents=[bolt])
    return World(project, task, ada, vic, bolt, cora, signed_in(ada), signed_in(vic), by_bolt, by_cora)
