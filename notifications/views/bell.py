"""The bell of the top bar."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from missioncontrol.kernel.api.authentication import person
from notifications.queries.inbox import notifications_of, unread_count
from tasks.views.pages import ask_to_sign_in

SHOWN = 30


@never_cache
@require_GET
def count(request: HttpRequest) -> HttpResponse:
    """The number on the bell: what this person has not read."""
    if not request.user.is_authenticated:
        return ask_to_sign_in(request)
    unread = unread_count(request.user.pk)
    return render(request, "notifications/_count.html", {"unread": unread})


@never_cache
@require_GET
def panel(request: HttpRequest) -> HttpResponse:
    """The latest notifications of this person."""
    if not request.user.is_authenticated:
        return ask_to_sign_in(request)
    rows = list(notifications_of(person(request.user)).order_by("-id")[:SHOWN])
    context = {"rows": rows, "any_unread": any(row.read_at is None for row in rows)}
    return render(request, "notifications/_panel.html", context)
