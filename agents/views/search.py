"""The page that finds tasks, messages, agents and events."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from agents.queries.search.place import read_place, write_place
from agents.search_words import KINDS, MAX_LENGTH
from agents.services.search import search, suggest
from missioncontrol.kernel import text
from missioncontrol.kernel.errors import Malformed
from tasks.views.pages import Visit, frame, in_project

PAGE = 30
EXAMPLES = (
    ("slow query", "both words, each of them may be only begun"),
    ('"slow query"', "the two in a row, exactly so"),
    ("query -postgres", "one word without the other"),
    ("kind:message status:review", "messages on tasks that are in review"),
    ("agent:scout type:docs", "what an agent is on, wrote or is, in tasks about documents"),
    ("kind:event transitioned", "every change of status, newest first"),
)


@require_GET
@in_project
def page(visit: Visit) -> HttpResponse:
    """The page with what the address asks for."""
    return render(visit.request, "agents/search.html", frame(visit, "search") | _context(visit))


@require_GET
@in_project
def results(visit: Visit) -> HttpResponse:
    """The results alone, for a page that is typed into and stays true."""
    return render(visit.request, "agents/_search_results.html", {"project": visit.project} | _context(visit))


def _context(visit: Visit) -> dict[str, Any]:
    get = visit.request.GET
    typed = "".join(letter for letter in get.get("q", "") if text.is_clean(letter)).strip()
    kind = get.get("kind", "") if get.get("kind") in KINDS else ""
    everywhere = bool(get.get("all"))
    asked = {"q": typed, "kind": kind, "all": "1" if everywhere else ""}
    query = _query(asked)
    return {
        "q": typed,
        "kind": kind,
        "everywhere": everywhere,
        "query": query,
        "examples": EXAMPLES,
        "longest": MAX_LENGTH,
        **_answer(visit, typed, kind, everywhere, asked),
    }


def _answer(visit: Visit, typed: str, kind: str, everywhere: bool, asked: dict[str, str]) -> dict[str, Any]:
    """What was found, or why nothing could be looked for."""
    if not typed:
        return {"rows": []}
    where = "" if everywhere else visit.project.slug
    wanted = f"{typed} kind:{kind}" if kind else typed
    cursor = visit.request.GET.get("cursor", "")
    try:
        after = read_place(cursor, wanted) if cursor else None
        found = search(actor=visit.actor, text=wanted, project=where, limit=PAGE, after=after)
    except Malformed as problem:
        return {"rows": [], "problem": problem.message}
    following = found.following and write_place(found.following, wanted)
    return {
        "rows": found.found,
        "cursor": cursor,
        "shown": _query({**asked, "cursor": cursor}),
        "next": _query({**asked, "cursor": following}) if following else "",
        "elsewhere": _query({**asked, "all": "1"}),
        "narrower": _narrower(visit, typed, where, asked),
    }


def _narrower(visit: Visit, typed: str, where: str, asked: dict[str, str]) -> list[dict[str, str]]:
    """Labels and agents that the last word may mean."""
    rows = suggest(actor=visit.actor, text=typed, project=where)
    named = [row for row in rows if row.kind != "task" and row.query != typed]
    return [{"kind": row.kind, "text": row.text, "query": _query({**asked, "q": row.query})} for row in named]


def _query(asked: dict[str, str]) -> str:
    kept = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(kept)}" if kept else ""
