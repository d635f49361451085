"""What the command palette finds: one answer with tasks, agents and projects."""

from __future__ import annotations

from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from agents.models import Agent
from missioncontrol.kernel.text import storable
from tasks.queries.palette import find_tasks
from tasks.services.access import visible_projects
from tasks.views.pages import Visit, in_project

MOST_AGENTS = 500
MOST_PROJECTS = 100


@never_cache
@require_GET
@in_project
def palette(visit: Visit) -> JsonResponse:
    """Tasks that `q` fits, every agent of the project and every project this person may see."""
    text = storable(visit.request.GET.get("q", ""))[:200]
    agents = Agent.objects.filter(project=visit.project, removed_at__isnull=True).order_by("name", "slug")
    shown = ("slug", "name", "emoji", "state", "paused_by_all")
    projects = visible_projects(visit.actor).values("slug", "name")[:MOST_PROJECTS]
    return JsonResponse(
        {
            "tasks": [task._asdict() for task in find_tasks(visit.project, text)],
            "agents": list(agents.values(*shown)[:MOST_AGENTS]),
            "projects": list(projects),
        }
    )
