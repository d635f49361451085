"""The live feed of a project."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from missioncontrol.kernel.text import storable
from notifications.phrasing import KINDS
from notifications.queries import feed as queries
from notifications.queries.feed import Narrowing
from tasks.views.pages import Visit, frame, in_project

BIGGEST = 2**53


@require_GET
@in_project
def feed(visit: Visit) -> HttpResponse:
    """The page: the latest lines, narrowed by what the address says."""
    # The head is read before the lines: an event between the two is shown once, by its number.
    context = frame(visit, "feed") | _older(visit)
    choices = {"kinds": KINDS.items(), "agents": queries.agents_of(visit.project)}
    return render(visit.request, "notifications/feed.html", context | choices)


@require_GET
@in_project
def lines(visit: Visit) -> HttpResponse:
    """Lines alone: those after a number, or the latest before one."""
    after = _number(visit.request.GET, "after")
    context = _older(visit) if after is None else _newer(visit, after)
    return render(visit.request, "notifications/_feed_lines.html", {"project": visit.project} | context)


def _older(visit: Visit) -> dict[str, Any]:
    asked = _asked(visit.request.GET)
    before = _number(visit.request.GET, "before")
    narrowing, unknown = _narrowing(visit, asked)
    found, following = ([], None) if unknown else queries.lines_before(visit.project, narrowing, before)
    shown = {"lines": found, "next": following, "unknown": unknown, "first": before is None}
    return {**shown, "asked": asked, "query": _query(asked), "ended": following is None}


def _newer(visit: Visit, after: int) -> dict[str, Any]:
    narrowing, unknown = _narrowing(visit, _asked(visit.request.GET))
    found, more = ([], False) if unknown else queries.lines_after(visit.project, narrowing, after)
    return {"lines": found, "overflow": more}


def _asked(given: QueryDict) -> dict[str, str]:
    return {name: _plain(given.get(name, "")) for name in ("kind", "agent", "task")}


def _narrowing(visit: Visit, asked: dict[str, str]) -> tuple[Narrowing, str]:
    """What is asked for, and the sentence that says what of it there is not."""
    kind = asked["kind"] if asked["kind"] in KINDS else ""
    agent = queries.find_agent(visit.project, asked["agent"]) if asked["agent"] else None
    task = queries.find_task(visit.project, asked["task"]) if asked["task"] else None
    missing = [
        f"There is no {what} “{asked[what]}” in this project."
        for what, found in (("agent", agent), ("task", task))
        if asked[what] and found is None
    ]
    return Narrowing(kind, agent, task), " ".join(missing)


def _query(asked: dict[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})


def _number(given: QueryDict, name: str) -> int | None:
    text = given.get(name, "")
    return min(int(text), BIGGEST) if text.isdecimal() and len(text) < 20 else None


def _plain(text: str) -> str:
    return storable(text).strip()[:100]
