"""The tab of a task's drawer that explains: where this person could move it, and why nobody has taken it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.queries.why import why
from missioncontrol.kernel.clock import database_now
from tasks.models import Task
from tasks.services.steps import Step
from tasks.services.transition import dry_run
from tasks.views.drawer import find_task
from tasks.views.pages import Visit, in_project
from tasks.workflow import HELD, Status, edges_from

UNTAKEN = HELD | {Status.INBOX, Status.READY}


@dataclass(frozen=True, slots=True)
class Edge:
    """One step out of where the task is.

    `verdict` is legal, needs or no, as on the board while a card is held; `effects` are those beside the new status.
    """

    to: str
    name: str
    verdict: str
    told: list[str]
    effects: list[str]


@require_GET
@in_project
def explanation(visit: Visit, key: str) -> HttpResponse:
    """A dry run of every step for who looks, and each agent's reasons."""
    task = find_task(visit, key)
    context = {
        "project": visit.project,
        "task": task,
        "edges": [edge(visit, task, to) for to in edges_from(task.status)],
        "claim": unclaimed(task),
    }
    return render(visit.request, "agents/_why.html", context)


def edge(visit: Visit, task: Task, to: str) -> Edge:
    """What the step to `to` would need and do if this person took it now."""
    tried = dry_run(actor=visit.actor, task=task, step=Step(to=to))
    told = [tried.refusal] if tried.refusal else [error.message for error in tried.missing]
    verdict = "legal" if tried.allowed else "no" if tried.code else "needs"
    return Edge(to, Status(to).label, verdict, told, tried.effects[1:])


def unclaimed(task: Task) -> dict[str, Any] | None:
    """Why no agent has it; None where the task is not waiting for one."""
    now = database_now()
    held = task.lease_expires_at is not None and task.lease_expires_at > now
    return None if task.status not in UNTAKEN or held else why(task, now)
