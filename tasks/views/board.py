"""The board and its fragments."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from missioncontrol.kernel.errors import NotFound
from tasks.models import Priority, TaskType
from tasks.queries import board as queries
from tasks.queries.board import Filters
from tasks.workflow import Status, as_table

from .pages import Visit, frame, in_project, mode_of

MOST_SHOWN = 200


@require_GET
@in_project
def board(visit: Visit) -> HttpResponse:
    """The whole board, narrowed by the filters in the address."""
    return render(visit.request, "tasks/board.html", board_context(visit))


@require_GET
@in_project
def columns(visit: Visit) -> HttpResponse:
    """Every column, for a board that lost the thread."""
    return render(visit.request, "tasks/_columns.html", _columns_context(visit))


@require_GET
@in_project
def column(visit: Visit, status: str) -> HttpResponse:
    """One column with as many cards as it showed, or the next cards of it after a place."""
    filters, request = read_filters(visit), visit.request
    if status not in Status.values:
        raise NotFound("There is no such column.")
    context: dict[str, Any] = {"project": visit.project, "filters": filters, "query": _query(visit)}
    if after := request.GET.get("after"):
        cards, following = queries.more_cards(visit.project, filters, status, after)
        return render(
            request, "tasks/_cards.html", {**context, "cards": cards, "next": following, "status": status}
        )
    found = queries.column(visit.project, filters, status, _shown(visit))
    return render(request, "tasks/_column.html", {**context, "column": found})


@require_GET
@in_project
def mode(visit: Visit) -> HttpResponse:
    """The banner that says whether agents are held."""
    return render(visit.request, "_mode.html", {"project": visit.project, "mode": mode_of(visit.project)})


@require_GET
@in_project
def choices(visit: Visit) -> JsonResponse:
    """Who can be put on a task and what its fields may be, as of now: for forms that are made in the browser."""
    return JsonResponse(queries.choices(visit.project) | {"people": queries.people(visit.project)})


def board_context(visit: Visit) -> dict[str, Any]:
    """What the board's page needs."""
    # The head is read before the cards: an event between the two is shown twice, never missed.
    context = frame(visit, "board") | _columns_context(visit)
    empty = not context["filters"].active and not any(found.count for found in context["columns"])
    return context | {
        "choices": queries.choices(visit.project),
        "workflow": _workflow(visit),
        "empty": empty,
    }


def _columns_context(visit: Visit) -> dict[str, Any]:
    filters = read_filters(visit)
    return {
        "project": visit.project,
        "filters": filters,
        "query": _query(visit),
        "columns": queries.board(visit.project, filters),
    }


def read_filters(visit: Visit) -> Filters:
    """The filters in the address; what cannot be one is no filter."""
    get = visit.request.GET
    priority, kind = get.get("priority", ""), get.get("type", "")
    return Filters(
        text=_plain(get.get("q", "")),
        agent=_plain(get.get("agent", "")),
        label=_plain(get.get("label", "")),
        type=kind if kind in TaskType.values else "",
        priority=int(priority) if priority in {str(value) for value in Priority.values} else None,
        mine=visit.actor.user_id if get.get("mine") else None,
        blocked=bool(get.get("blocked")),
        overdue=bool(get.get("overdue")),
    )


def _plain(text: str) -> str:
    readable = text.encode("utf-8", "ignore").decode().replace("\0", "")
    return readable.strip()[:200]


def _query(visit: Visit) -> str:
    kept = visit.request.GET.copy()
    for name in ("after", "shown"):
        kept.pop(name, None)
    return kept.urlencode() if read_filters(visit).active else ""


def _shown(visit: Visit) -> int:
    text = visit.request.GET.get("shown", "")
    wanted = int(text) if text.isdecimal() and len(text) < 6 else queries.FIRST_CARDS
    return max(queries.FIRST_CARDS, min(MOST_SHOWN, wanted))


def _workflow(visit: Visit) -> str:
    table = as_table() | {"guarded": visit.project.workflow == "guarded"}
    return mark_safe(json.dumps(table, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S308 - our own table
