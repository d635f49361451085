"""Fragments of a thread that are asked for one at a time: a preview of a text, the changes of a message."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from missioncontrol.kernel.errors import NotFound
from tasks.models import Message
from tasks.queries.thread import changes_of
from tasks.services.access import Need, can
from tasks.services.thread import get_message
from tasks.thread_rules import MAX_CONTENT

from .pages import Visit, in_project


@require_POST
@in_project
def preview(visit: Visit) -> HttpResponse:
    """What a text will look like once it is sent; nothing is kept."""
    text = visit.request.POST.get("content", "")[:MAX_CONTENT]
    return render(visit.request, "tasks/_preview.html", {"text": text})


@require_GET
@in_project
def changes(visit: Visit, key: str, message: str) -> HttpResponse:
    """What was changed in a message, by whom and when; of a deleted one only for its author and operators."""
    found = get_message(visit.actor, message)
    here = found.project_id == visit.project.pk and found.task.key == key.upper()
    if not here or not _may_look_back(visit, found):
        raise NotFound("There is no such message.")
    context = {"message": found, "changes": changes_of(found)}
    return render(visit.request, "tasks/_changes.html", context)


def _may_look_back(visit: Visit, message: Message) -> bool:
    if message.deleted_at is None:
        return True
    return message.is_by(visit.actor) or can(visit.actor, visit.project, Need.OPERATE)
