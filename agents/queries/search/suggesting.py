"""How a search could go on: keys, titles, agents and labels that begin with what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.db.models import Q

from agents.models import Agent
from agents.queries.search.finding import find
from agents.search_words import Term, Wanted, words_of
from tasks.models import Label, Task

MOST = 8
MOST_TITLES = 4
MOST_OTHERS = 3
_KEY_BEGUN = re.compile(r"[A-Za-z][A-Za-z0-9]{0,9}-\d{0,9}", re.ASCII)
_BEFORE_LAST = re.compile(r"(.*?)(?:(label|agent):)?\"?([^\s\"]*)$", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to go on: `text` is what is shown, `query` what would be searched for."""

    kind: str
    text: str
    query: str
    key: str = ""


def suggest(text: str, projects: Sequence[UUID]) -> list[Suggestion]:
    """At most eight suggestions in these projects: tasks by key and title, then agents and labels by the last word."""
    matched = _BEFORE_LAST.fullmatch(text)
    before, name, last = matched.groups() if matched else ("", None, text)
    if not projects or not (text.strip() and (last or name)):
        return []
    named = (name or "").lower()
    return list(islice(_all(text, before, named, last, projects), MOST))


def _all(text: str, before: str, name: str, last: str, projects: Sequence[UUID]) -> Iterator[Suggestion]:
    if not name:
        yield from _keys(text.strip(), projects)
        yield from _titles(text, projects)
    if name in ("", "agent"):
        yield from _agents(before, last, projects)
    if name in ("", "label"):
        yield from _labels(before, last, projects)


def _keys(text: str, projects: Sequence[UUID]) -> Iterator[Suggestion]:
    if not _KEY_BEGUN.fullmatch(text):
        return
    rows = Task.objects.filter(project__in=projects, key__startswith=text.upper())
    for key, title in rows.order_by("number").values_list("key", "title")[:MOST_TITLES]:
        yield Suggestion("task", title, key, key)


def _titles(text: str, projects: Sequence[UUID]) -> Iterator[Suggestion]:
    words = words_of(text)
    if not words or _KEY_BEGUN.fullmatch(text.strip()):
        return
    terms = tuple(Term((word,)) for word in words[:8])
    hits = find(Wanted(terms, filters={"kind": ("task",)}), projects, limit=MOST_TITLES, titles_only=True)
    rows = {row.pk: row for row in Task.objects.filter(pk__in=[hit.ref for hit in hits]).only("key", "title")}
    for hit in hits:
        if row := rows.get(hit.ref):
            yield Suggestion("task", row.title, row.key, row.key)


def _agents(before: str, last: str, projects: Sequence[UUID]) -> Iterator[Suggestion]:
    begun = Q(slug__istartswith=last) | Q(name__istartswith=last)
    rows = Agent.objects.filter(begun, project__in=projects, removed_at__isnull=True)
    for slug, name in rows.order_by("name", "slug").values_list("slug", "name")[:MOST_OTHERS]:
        yield Suggestion("agent", name, f"{before}agent:{slug}")


def _labels(before: str, last: str, projects: Sequence[UUID]) -> Iterator[Suggestion]:
    rows = Label.objects.filter(project__in=projects, name__istartswith=last)
    for name in rows.order_by("name").values_list("name", flat=True).distinct()[:MOST_OTHERS]:
        yield Suggestion("label", name, f'{before}label:"{name}"' if " " in name else f"{before}label:{name}")
