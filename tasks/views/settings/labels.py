"""The labels of a project."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tasks.queries.labels import counted_labels
from tasks.services.labels import AUTO_APPROVE
from tasks.views.pages import Visit, in_project
from tasks.views.settings.fields import written_as
from tasks.views.settings.sections import owns, settings_frame

MOST = 500


@require_GET
@in_project
def labels(visit: Visit) -> HttpResponse:
    """The page."""
    return render(visit.request, "settings/labels.html", settings_frame(visit, "labels") | _context(visit))


@require_GET
@in_project
def labels_list(visit: Visit) -> HttpResponse:
    """The list alone, for a page that keeps itself true."""
    return render(visit.request, "settings/_labels.html", _context(visit))


def _context(visit: Visit) -> dict[str, Any]:
    found = list(counted_labels(visit.project)[: MOST + 1])
    return {
        "project": visit.project,
        "owns": owns(visit),
        "labels": found[:MOST],
        "more": len(found) > MOST,
        "auto_approve": AUTO_APPROVE,
        "closes_after": written_as(visit.project.auto_approve_after_s),
    }
