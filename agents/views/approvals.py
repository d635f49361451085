"""The approvals tab of a task's drawer."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.queries.approvals import visible_approvals
from tasks.services.access import Need, can
from tasks.views.drawer import find_task
from tasks.views.pages import Visit, in_project

MOST = 50


@require_GET
@in_project
def approvals(visit: Visit, key: str) -> HttpResponse:
    """The task's approvals, newest first, with the buttons for who may decide."""
    task = find_task(visit, key)
    rows = visible_approvals(visit.actor).filter(task=task).order_by("-created_at")[:MOST]
    may_decide = can(visit.actor, visit.project, Need.OPERATE)
    context = {
        "project": visit.project,
        "task": task,
        "approvals": rows,
        "may_decide": may_decide,
        "me": visit.actor,
    }
    return render(visit.request, "agents/_approvals.html", context)
