"""The drawer of a task: a fragment over the board, or the board with the drawer open for who comes by its address."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from missioncontrol.kernel.errors import NotFound
from missioncontrol.kernel.ids import parse_uuid
from tasks.models import MessageType, Task
from tasks.queries import drawer as queries
from tasks.queries.report import report
from tasks.queries.thread import thread
from tasks.services.access import Need, can, visible_tasks
from tasks.services.transition import allowed_transitions
from tasks.workflow import Status

from .board import board_context
from .pages import Visit, in_project
from .reviews import reviews_context

FINISHED = frozenset({Status.DONE, Status.CANCELED})
"""Nobody is put on a task that is over; reopening it comes first."""

WRITTEN_TYPES = [
    (kind.value, kind.label)
    for kind in (MessageType.COMMENT, MessageType.PROGRESS, MessageType.WORK_PLAN, MessageType.ARTIFACT)
]
"""What a person chooses from; the other types come with what they are about."""

TABS = {
    "overview": "Overview",
    "thread": "Thread",
    "plan": "Plan",
    "reviews": "Reviews",
    "timeline": "Timeline",
    "history": "History",
    "approvals": "Approvals",
    "why": "Why",
    "report": "Report",
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
        **_inside(visit, task, tab),
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


def _inside(visit: Visit, task: Task, tab: str) -> dict[str, Any]:
    if tab == "overview":
        return {"overview": queries.overview(task)}
    if tab == "thread":
        return _thread(visit, task)
    if tab == "reviews":
        return {"reviews": reviews_context(visit, task)}
    if tab == "report":
        return {"report": report(task, timezone.now())}
    if tab == "history":
        return {"lines": queries.history(task), "most_lines": queries.STEPS_SHOWN}
    if tab == "plan":
        return {"ticks": (task.checklist or {}).get("items") or []}
    return {}


def _thread(visit: Visit, task: Task) -> dict[str, Any]:
    """The thread from the message that `from` names, one page further back with `further`."""
    asked = visit.request.GET
    talk = thread(task, visit.actor, since=parse_uuid(asked.get("from", "")), further="further" in asked)
    may_operate = can(visit.actor, visit.project, Need.OPERATE)
    return {"thread": talk, "may_operate": may_operate, "message_types": WRITTEN_TYPES}
