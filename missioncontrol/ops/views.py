"""`/health`, `/ready` and `/metrics`: open to probes, so they tell states and numbers and nothing else."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from missioncontrol.ops import queries
from missioncontrol.ops.metrics import exposition


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Live: the process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Ready: 200 when the database, the broker and every job are well, else 503 with what is not."""
    database = queries.database_answers()
    broker = queries.broker_answers()
    jobs = queries.job_states() if database else []
    well = database and broker and not any(state.overdue or state.failures for state in jobs)
    body = {
        "status": "ready" if well else "not ready",
        "database": database,
        "broker": broker,
        "jobs": {state.name: state.as_dict() for state in jobs},
        "overdue": [state.name for state in jobs if state.overdue],
    }
    return JsonResponse(body, status=200 if well else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text of this process, with the jobs as the database knows them."""
    content, content_type = exposition()
    return HttpResponse(content, content_type=content_type)
