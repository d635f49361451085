"""Who belongs to a project, in which role."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tasks.models import Membership, Role
from tasks.queries.cards import initials
from tasks.views.pages import Visit, in_project
from tasks.views.settings.sections import owns, settings_frame

MOST = 500
ROLES = {
    Role.OWNER: "Everything, with members, settings, agents, keys and tokens.",
    Role.OPERATOR: "Works the board, decides approvals, unblocks, overrides, pauses agents.",
    Role.VIEWER: "Reads the board, tasks and reports.",
}


@require_GET
@in_project
def members(visit: Visit) -> HttpResponse:
    """The page."""
    return render(visit.request, "settings/members.html", settings_frame(visit, "members") | _context(visit))


@require_GET
@in_project
def members_list(visit: Visit) -> HttpResponse:
    """The list alone, for a page that keeps itself true."""
    return render(visit.request, "settings/_members.html", _context(visit))


def _context(visit: Visit) -> dict[str, Any]:
    rows = Membership.objects.filter(project=visit.project).select_related("user")
    found = list(rows.order_by("user__username")[: MOST + 1])
    return {
        "project": visit.project,
        "owns": owns(visit),
        "me": visit.actor.user_id,
        "members": [(row, initials(row.user.shown_name)) for row in found[:MOST]],
        "more": len(found) > MOST,
        "owners": sum(row.role == Role.OWNER for row in found),
        "roles": [(role.value, role.label, meaning) for role, meaning in ROLES.items()],
    }
