"""What a hand-written view needs at the least: the measure for what the product's rules cost.

The bare claim is what one would write without any product around it: check the key, pick one row with SKIP LOCKED,
assign it, write one numbered event, all in one transaction. It knows no workflow, capacity, mode, skills, fencing,
history, hash chain, subscriptions or idempotency.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from agents.models import AgentKey
from tasks.models import Assignment, Event, EventStream, Task


@csrf_exempt
def claim(request: HttpRequest) -> HttpResponse:
    """The bare claim."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    digest = hashlib.sha256(token.encode()).hexdigest()
    key = (
        AgentKey.objects.select_related("agent__project")
        .filter(digest=digest, revoked_at__isnull=True)
        .first()
    )
    if key is None:
        return HttpResponse(status=401)
    with transaction.atomic():
        task = _take(key)
    if task is None:
        return HttpResponse(status=204)
    return JsonResponse(
        {"task": {"id": task.pk, "key": task.key, "title": task.title, "status": task.status}}
    )


def _take(key: AgentKey) -> Task | None:
    ready = Task.objects.filter(project_id=key.agent.project_id, status="ready", open_dependencies=0)
    task = ready.order_by("rank", "created_at", "id").select_for_update(skip_locked=True).first()
    if task is None:
        return None
    now = timezone.now()
    task.status, task.holder, task.lease_token = "assigned", key.agent, task.lease_token + 1
    task.lease_expires_at = now + timedelta(minutes=30)
    task.save(update_fields=["status", "holder", "lease_token", "lease_expires_at"])
    Assignment.objects.create(task=task, agent=key.agent)
    stream = EventStream.objects.filter(project_id=task.project_id)
    stream.update(head_seq=F("head_seq") + 1)
    Event.objects.create(
        project_id=task.project_id,
        seq=stream.values_list("head_seq", flat=True).get(),
        type="task.claimed",
        actor_kind="agent",
        actor_id=str(key.agent_id),
        target_type="task",
        target_id=str(task.pk),
        hash="",
    )
    return task
