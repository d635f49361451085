"""What the drawer asks for about a task's links: its graph, and tasks that could be linked."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from missioncontrol.kernel.text import storable
from tasks.queries.links import candidates as find_candidates
from tasks.queries.neighbourhood import neighbourhood

from .drawer import find_task
from .pages import Visit, in_project

MOST_TYPED = 200


@require_GET
@in_project
def graph(visit: Visit, key: str) -> HttpResponse:
    """The drawing of what surrounds the task."""
    task = find_task(visit, key)
    context = {"project": visit.project, "task": task, "graph": neighbourhood(task)}
    return render(visit.request, "tasks/_graph.html", context)


@never_cache
@require_GET
@in_project
def candidates(visit: Visit, key: str) -> JsonResponse:
    """Tasks that fit what was typed (`q`), by key and title."""
    task = find_task(visit, key)
    typed = storable(visit.request.GET.get("q", ""))[:MOST_TYPED]
    found = find_candidates(visit.project, task, typed)
    return JsonResponse({"tasks": [each._asdict() for each in found]})
