"""The board and its fragments."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from missioncontrol.kernel.errors import NotFound
from tasks.filter_grammar import LANES
from tasks.queries import board as queries
from tasks.workflow import Status, as_table

from .filters import Reading, filters_or_refuse, read_filters, views_of
from .pages import Visit, frame, in_project, mode_of

MOST_SHOWN = 200
FOLDED_COOKIE = "mc_folded"
"""Which columns this browser has folded, as statuses with dots between: the server draws them so from the start."""

FOLDED_AT_FIRST = frozenset({Status.FAILED, Status.CANCELED})


@require_GET
@in_project
def board(visit: Visit) -> HttpResponse:
    """The whole board, narrowed by the filters in the address."""
    return render(visit.request, "tasks/board.html", board_context(visit))


@require_GET
@in_project
def columns(visit: Visit) -> HttpResponse:
    """Every column, for a board that lost the thread."""
    return render(visit.request, "tasks/_columns.html", _columns_context(visit, filters_or_refuse(visit)))


@require_GET
@in_project
def column(visit: Visit, status: str) -> HttpResponse:
    """One column with as many cards as it showed, or the next cards of it after a place."""
    reading, request = filters_or_refuse(visit), visit.request
    filters = reading.filters
    if status not in Status.values:
        raise NotFound("There is no such column.")
    context: dict[str, Any] = {
        "project": visit.project,
        "filters": filters,
        "query": reading.address,
        "folded": _folded(visit),
    }
    if after := request.GET.get("after"):
        sections, following = queries.more_cards(visit.project, filters, status, after)
        return render(
            request,
            "tasks/_cards.html",
            {**context, "sections": sections, "next": following, "status": status},
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
def views(visit: Visit) -> HttpResponse:
    """The menu of saved views."""
    return render(visit.request, "tasks/_views.html", {"project": visit.project, "views": views_of(visit)})


@require_GET
@in_project
def choices(visit: Visit) -> JsonResponse:
    """Who can be put on a task and what its fields may be, as of now: for forms that are made in the browser."""
    return JsonResponse(queries.choices(visit.project) | {"people": queries.people(visit.project)})


def board_context(visit: Visit) -> dict[str, Any]:
    """What the board's page needs."""
    # The head is read before the cards: an event between the two is shown twice, never missed.
    reading = read_filters(visit)
    context = frame(visit, "board") | _columns_context(visit, reading)
    empty = not context["filters"].active and not any(found.count for found in context["columns"])
    return context | {
        "reading": reading,
        "choices": queries.choices(visit.project),
        "views": views_of(visit),
        "lanes": [(name, f"By {name}") for name in LANES],
        "workflow": _workflow(visit),
        "empty": empty,
    }


def _columns_context(visit: Visit, reading: Reading) -> dict[str, Any]:
    return {
        "project": visit.project,
        "filters": reading.filters,
        "query": reading.address,
        "columns": queries.board(visit.project, reading.filters),
        "folded": _folded(visit),
    }


def _folded(visit: Visit) -> frozenset[str]:
    told = visit.request.COOKIES.get(FOLDED_COOKIE)
    return FOLDED_AT_FIRST if told is None else frozenset(told.split("."))


def _shown(visit: Visit) -> int:
    text = visit.request.GET.get("shown", "")
    wanted = int(text) if text.isdecimal() and len(text) < 6 else queries.FIRST_CARDS
    return max(queries.FIRST_CARDS, min(MOST_SHOWN, wanted))


def _workflow(visit: Visit) -> str:
    table = as_table() | {"guarded": visit.project.workflow == "guarded"}
    return mark_safe(json.dumps(table, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S308 - our own table
