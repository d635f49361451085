"""Giving a task to another agent, or back to the pool, in one go: who is on it, its lease and its status together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.clock import database_now
from missioncontrol.kernel.errors import Conflict, FieldError, Refused
from missioncontrol.kernel.transactions import unit
from tasks.models import Project, Task
from tasks.services.access import Need, require
from tasks.services.assigning import assign
from tasks.services.locking import lock_task
from tasks.services.transition import Step, refusals_logged, take_locked
from tasks.workflow import Status

if TYPE_CHECKING:
    from agents.models import Agent


def find_successor(project: Project, slug: str) -> Agent:
    """The agent of the project called `slug`. Raises `Refused` (422) beside the field `agent`."""
    agent = project.agents.filter(slug=slug, removed_at__isnull=True).first()
    if agent is None:
        message = f"No agent “{slug}” here."
        raise Refused(message, code="unknown_assignee", errors=[FieldError("agent", message)])
    return agent


def reassign(*, actor: Actor, task: Task, agent: Agent | None, held_by: str = "", reason: str = "") -> Task:
    """Take a task from the agent that holds it (or held it last) and give it to `agent`, who has yet to begin it.

    Without an agent everybody is taken off and the task is ready for whoever claims it. `held_by` is the slug of the
    agent it is to be taken from. Raises Forbidden, Conflict (409) `changed_hands` when another holds the task by now,
    Refused (422) for a finished task and what `transition` raises; then nothing is changed.
    """
    require(actor, task.project, Need.OPERATE)
    step = Step(to=Status.ASSIGNED if agent else Status.READY, reason=reason, unconditional=True)
    with refusals_logged(actor, task, step), unit():
        row = lock_task(task.pk)
        _ensure_held_by(row, held_by)
        row = _hand_over(actor, row, agent)
        return take_locked(actor=actor, task=row, step=step, now=database_now())


def _ensure_held_by(task: Task, slug: str) -> None:
    holder = task.holder.slug if task.holder else ""
    if slug and slug != holder:
        told = f"{task.holder.name} has it now." if task.holder else "Nobody holds it now."
        raise Conflict(f"{task.key} is no longer with {slug}. {told}", code="changed_hands")


def _hand_over(actor: Actor, task: Task, agent: Agent | None) -> Task:
    if agent is None:
        return assign(actor=actor, task=task, mode="set")
    rows = list(task.assignments.select_related("agent", "user"))
    loses = task.holder_id or task.last_holder_id
    stay = [row.agent for row in rows if row.agent and row.agent_id not in (loses, agent.pk)]
    people = [row.user for row in rows if row.user]
    return assign(actor=actor, task=task, agents=[*stay, agent], users=people, mode="set")
