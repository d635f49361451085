"""The audit of a project, for its owners: its history with filters, as a file, and whether it is whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from agents.services.chain_checks import check_of
from missioncontrol.kernel.text import is_clean
from notifications.live.frames import event_message
from notifications.phrasing import KINDS
from notifications.queries import audit as queries
from notifications.queries.audit import Asked
from tasks.models import Event, Project, Task
from tasks.views.pages import Visit, in_project
from tasks.views.settings.sections import ensure_may_read, settings_frame

BIGGEST = 2**53
COLUMNS = (
    "number", "at", "who", "who_kind", "who_id", "type", "what", "target_type", "target_id", "data",
    "prev_hash", "hash",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet would compute instead of showing."""


@require_GET
@in_project
def audit(visit: Visit) -> HttpResponse:
    """The page: the check, and the history as far as the address narrows it."""
    context = settings_frame(visit, "audit") | _history(visit) | {"check": check_of(visit.project)}
    authors = queries.authors_of(visit.project)
    return render(
        visit.request, "settings/audit.html", context | {"kinds": KINDS.items(), "authors": authors}
    )


@require_GET
@in_project
def entries(visit: Visit) -> HttpResponse:
    """Older entries alone."""
    ensure_may_read(visit, "audit")
    return render(visit.request, "settings/_audit_entries.html", {"project": visit.project} | _history(visit))


@require_GET
@in_project
def check(visit: Visit) -> HttpResponse:
    """What is known of checks, for a page that waits for one."""
    ensure_may_read(visit, "audit")
    context = {"project": visit.project, "check": check_of(visit.project)}
    return render(visit.request, "settings/_audit_check.html", context)


@require_GET
@in_project
def export(visit: Visit, form: str) -> HttpResponseBase:
    """Everything the address asks for as a file, `csv` or `json`, oldest first, sent while it is read."""
    ensure_may_read(visit, "audit")
    given = _given(visit.request.GET)
    asked, problem = _asked(visit.project, given)
    if problem:
        return render(visit.request, "settings/audit.html", _refused(visit, given, problem), status=422)
    events = queries.every_event(visit.project, asked)
    told = {name: value for name, value in given.items() if value}
    parts = _as_csv(events) if form == "csv" else _as_json(visit.project, told, events)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    name = f"{visit.project.slug}-audit-{timezone.now():%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(parts, content_type=kind, headers=headers)


def safe_cell(value: object) -> str:
    """A cell as text that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) or (text[:1] in "\t\r\n" and text) else text


def _refused(visit: Visit, given: dict[str, str], problem: str) -> dict[str, Any]:
    shown = settings_frame(visit, "audit") | {"check": check_of(visit.project), "kinds": KINDS.items()}
    return shown | {"asked": given, "problem": problem, "authors": queries.authors_of(visit.project)}


def _history(visit: Visit) -> dict[str, Any]:
    given = _given(visit.request.GET)
    asked, problem = _asked(visit.project, given)
    before = visit.request.GET.get("before", "")
    bound = min(int(before), BIGGEST) if before.isdecimal() and len(before) < 20 else None
    found, following = ([], None) if problem else queries.entries_before(visit.project, asked, bound)
    query = urlencode({name: value for name, value in given.items() if value})
    shown = {"entries": found, "next": following, "first": bound is None}
    return {
        **shown,
        "asked": given,
        "query": query,
        "problem": problem,
        "zone": ZoneInfo(visit.project.timezone),
    }


def _given(get: QueryDict) -> dict[str, str]:
    def plain(name: str) -> str:
        return "".join(letter for letter in get.get(name, "") if is_clean(letter)).strip()[:100]

    return {name: plain(name) for name in ("kind", "who", "task", "since", "until")}


def _asked(project: Project, given: dict[str, str]) -> tuple[Asked, str]:
    """What is asked for, and the sentence that says what of it cannot be."""
    zone = ZoneInfo(project.timezone)
    since, until = _day(given["since"]), _day(given["until"])
    target = _task(project, given["task"])
    problem = _problem(given, since, until, target)
    asked = Asked(
        kind=given["kind"] if given["kind"] in KINDS else "",
        who=given["who"],
        target=target,
        since=_begin(since, zone),
        until=_begin(until + timedelta(days=1), zone) if until and until < date.max else None,
    )
    return asked, problem


def _problem(given: dict[str, str], since: date | None, until: date | None, target: str) -> str:
    if given["task"] and not target:
        return f"There is no task “{given['task']}” in this project."
    if (given["since"] and since is None) or (given["until"] and until is None):
        return "Write a day like 2026-01-31."
    if since and until and since > until:
        return "The first day is after the last."
    return ""


def _task(project: Project, key: str) -> str:
    found = (
        Task.objects.filter(project=project, key=key.upper()).values_list("pk", flat=True).first()
        if key
        else None
    )
    return str(found) if found else ""


def _day(text: str) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError:
        return None


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    if day is None or day.year < 2:
        return None
    return datetime.combine(day, time.min, zone).astimezone(UTC) if day.year < 9999 else None


class _Echo:
    """Gives back what the writer of the file would write."""

    def write(self, text: str) -> str:
        return text


def _as_csv(events: Iterable[Event]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # spreadsheets take a file without it for one of another age
    yield writer.writerow(COLUMNS)
    for event in events:
        yield writer.writerow([safe_cell(cell) for cell in _cells(event)])


def _cells(event: Event) -> list[object]:
    entry = queries.entry_of(event)
    what = " ".join(part for part in (entry.said.before, entry.said.after, entry.said.detail) if part)
    at = event.at.astimezone(UTC).isoformat()
    who = [entry.who, event.actor_kind, event.actor_id]
    target = [event.target_type, event.target_id]
    return [event.seq, at, *who, event.type, what, *target, event.payload, event.prev_hash, event.hash]


def _as_json(project: Project, given: dict[str, str], events: Iterable[Event]) -> Iterator[str]:
    head = {"project": project.slug, "exported_at": timezone.now().isoformat(), "filters": given}
    yield json.dumps(head)[:-1] + ', "events": ['
    between = "\n"
    for event in events:
        message = event_message(event) | {"prev_hash": event.prev_hash, "hash": event.hash}
        yield between + json.dumps(message, ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"
