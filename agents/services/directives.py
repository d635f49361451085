"""What an agent is told to do now. Pure: rows go in, directives come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agents.models import Agent
from missioncontrol.kernel.actor import Actor
from tasks.models import Task
from tasks.services.leases import is_live
from tasks.workflow import HELD

OF_STATE = {"paused": "pause", "drained": "drain", "quarantined": "quarantine"}
OF_MODE = {"paused": "pause", "draining": "drain", "quarantined": "quarantine"}
STOPPED = frozenset({"blocked", "needs_approval"})


@dataclass(frozen=True, slots=True)
class Directive:
    """One order: pause, drain, quarantine, resume or stop_task; `scope` says whom it is for."""

    type: str
    scope: str
    reason: str
    task: str | None = None


def directives_for(
    *,
    actor: Actor,
    agent: Agent,
    last_beat_at: datetime | None,
    working_on: str,
    mine: Sequence[Task],
    now: datetime,
) -> list[Directive]:
    """Every order that holds now. `working_on` names the task the agent says it works on, or is empty."""
    told = [*_of_state(agent, last_beat_at), *_of_mode(actor, agent)]
    if working_on:
        told += _stop(agent, working_on, find_task(mine, working_on), now)
    return told


def find_task(tasks: Sequence[Task], ref: str) -> Task | None:
    """The task that `ref` names by key or id."""
    wanted = ref.strip()
    return next(
        (task for task in tasks if wanted.upper() == task.key or wanted.lower() == str(task.pk)), None
    )


def _of_state(agent: Agent, last_beat_at: datetime | None) -> list[Directive]:
    order = OF_STATE.get(agent.state)
    if order is None and last_beat_at is not None and agent.state_since > last_beat_at:
        order = "resume"
    return [Directive(order, "agent", agent.state_reason)] if order else []


def _of_mode(actor: Actor, agent: Agent) -> list[Directive]:
    order = OF_MODE.get(actor.mode)
    project = agent.project
    reason = project.mode_reason if project.mode == actor.mode else ""
    return [Directive(order, "project", reason)] if order else []


def _stop(agent: Agent, ref: str, task: Task | None, now: datetime) -> list[Directive]:
    if task is None:
        return [Directive("stop_task", "task", f"{ref} is not one of your open tasks.", ref)]
    if task.status in STOPPED:
        reason = f"{task.key} is {task.status}: {task.blocked_reason or 'a person has to decide first.'}"
        return [Directive("stop_task", "task", reason, task.key)]
    if task.status in HELD and is_live(task, now) and task.holder_id != agent.pk:
        return [Directive("stop_task", "task", f"Another agent holds {task.key}.", task.key)]
    return []
