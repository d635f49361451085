"""The timeline tab of a task's drawer: everything that happened to it, newest first, in the words of the feed."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from notifications.queries.timeline import lines_of
from tasks.queries.timeline import KINDS
from tasks.views.drawer import find_task
from tasks.views.pages import Visit, in_project

PAGE = 50
MOST_PAGES = 20
NAMES = {
    "message": "Messages",
    "transition": "Moves",
    "review": "Reviews",
    "approval": "Approvals",
    "assignment": "Assignments",
    "lease": "Leases",
    "edit": "Edits",
}


@require_GET
@in_project
def timeline(visit: Visit, key: str) -> HttpResponse:
    """The lines of the kinds asked for (`kinds=message,review`; none: all), as many pages as were opened (`pages`)."""
    task = find_task(visit, key)
    kinds, pages = _asked(visit)
    lines, more = lines_of(task, kinds, PAGE * pages)
    shown = {"lines": lines, "filters": _filters(kinds), "kinds": ",".join(kinds), "pages": pages}
    older = _query(kinds, pages + 1) if more and pages < MOST_PAGES else ""
    context: dict[str, Any] = {"project": visit.project, "task": task, "older": older, "ended": not more}
    return render(visit.request, "notifications/_timeline.html", context | shown)


def _asked(visit: Visit) -> tuple[list[str], int]:
    given = visit.request.GET
    wanted = set(given.get("kinds", "")[:200].split(","))
    pages = given.get("pages", "")
    return [kind for kind in KINDS if kind in wanted], int(pages) if _is_count(pages) else 1


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MOST_PAGES


def _filters(kinds: list[str]) -> list[dict[str, Any]]:
    """A switch for each kind, with the query that it stands for."""
    switches = [
        {"kind": kind, "name": NAMES[kind], "on": kind in kinds, "query": _query(_switched(kinds, kind), 1)}
        for kind in KINDS
    ]
    return [{"kind": "all", "name": "Everything", "on": not kinds, "query": ""}, *switches]


def _switched(kinds: list[str], kind: str) -> list[str]:
    return [each for each in KINDS if (each in kinds) != (each == kind)]


def _query(kinds: list[str], pages: int) -> str:
    wanted = {"kinds": ",".join(kinds), "pages": pages if pages > 1 else ""}
    return urlencode({name: value for name, value in wanted.items() if value})
