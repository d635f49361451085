"""The drawer of a task: a fragment over the board, or the board with the drawer open for who comes by its address."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from missioncontrol.kernel.errors import NotFound
from tasks.models import Task
from tasks.queries import drawer as queries
from tasks.services.access import Need, can, visible_tasks
from tasks.services.transition import allowed_transitions
from tasks.workflow import Status

from .board import board_context
from .pages import Visit, in_project

FINISHED = frozenset({Status.DONE, Status.CANCELED})
"""Nobody is put on a task that is over; reopening it comes first."""

TABS = {
    "overview": "Overview",
    "thread": "Thread",
    "plan": "Plan and deliverable",
    "history": "History",
    "approvals": "Approvals",
    "why": "Why",
}


@require_GET
@in_project
def drawer(visit: Visit, key: str, tab: str = "overview") -> HttpResponse:
    """The drawer with one tab open."""
    if tab not in TABS:
        raise NotFound("There is no such tab.")
    context = {"project": visit.project, "drawer": drawer_context(visit, key, tab)}
    if wants_fragment(visit):
        return render(visit.request, "tasks/_drawer.html", context)
    return render(visit.request, "tasks/board.html", board_context(visit) | context)


@require_GET
@in_project
def panel(visit: Visit, key: str, tab: str) -> HttpResponse:
    """The inside of one tab, for a drawer that refreshes itself."""
    context = {"project": visit.project, "drawer": drawer_context(visit, key, tab)}
    return render(visit.request, "tasks/_panel.html", context)


def wants_fragment(visit: Visit) -> bool:
    """Whether htmx asks, to put the answer into a page; going back in the history loads a whole page."""
    headers = visit.request.headers
    return bool(headers.get("HX-Request")) and not headers.get("HX-History-Restore-Request")


def drawer_context(visit: Visit, key: str, tab: str) -> dict[str, Any]:
    """What the drawer shows around the tab, and in it."""
    task = find_task(visit, key)
    may_write = can(visit.actor, visit.project, Need.WRITE)
    return {
        "task": task,
        "tab": tab,
        "tabs": TABS.items(),
        "faces": queries.faces(task),
        "moves": moves(visit, task),
        "may_write": may_write,
        "may_assign": may_write and task.status not in FINISHED,
        **_inside(task, tab),
    }


def find_task(visit: Visit, key: str) -> Task:
    """The project's task called `key`. Raises NotFound."""
    task = queries.task_in_full(visible_tasks(visit.actor).filter(project=visit.project), key)
    if task is None:
        raise NotFound("There is no such task.")
    return task


def moves(visit: Visit, task: Task) -> list[tuple[str, str]]:
    """Where this person could move the task now."""
    names = dict(Status.choices)
    return [(to, names[to]) for to in allowed_transitions(visit.actor, task, timezone.now())]


def _inside(task: Task, tab: str) -> dict[str, Any]:
    if tab == "overview":
        return {"overview": queries.overview(task)}
    if tab == "thread":
        return {"thread": queries.thread(task)}
    if tab == "history":
        return {"lines": queries.history(task)}
    if tab == "plan":
        return {"ticks": (task.checklist or {}).get("items") or []}
    return {}
