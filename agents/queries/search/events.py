"""Events by type, actor and task: read from the end of each stream, not from the full-text index."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F, Q

from agents.search_words import Term, Wanted
from tasks.models import Event, Task

LATEST = 10_000
"""How many events of each project are looked at, from the newest back."""


def find(
    wanted: Wanted, projects: Sequence[UUID], agents: Sequence[UUID], *, before: int | None, limit: int
) -> list[int]:
    """The primary keys of the latest events that have every term in their type or actor, or are of the task named."""
    named = _tasks_named(wanted, projects)
    rows = Event.objects.filter(project__in=projects, seq__gt=F("project__stream__head_seq") - LATEST)
    for term in wanted.terms:
        rows = rows.filter(_said(term, named))
    for term in wanted.unwanted:
        rows = rows.exclude(_said(term, named))
    if "agent" in wanted.filters:
        ids = [str(pk) for pk in agents]
        rows = rows.filter(Q(actor_kind="agent", actor_id__in=ids) | Q(target_id__in=ids))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk").values_list("pk", flat=True)[:limit])


def _tasks_named(wanted: Wanted, projects: Sequence[UUID]) -> dict[str, str]:
    keys = [term.key for term in (*wanted.terms, *wanted.unwanted) if term.key]
    if not keys:
        return {}
    rows = Task.objects.filter(project__in=projects, key__in=keys).values_list("key", "pk")
    return {key: str(pk) for key, pk in rows}


def _said(term: Term, named: dict[str, str]) -> Q:
    if term.key in named:
        return Q(target_id=named[term.key])
    said = Q()
    for word in term.words:
        said &= Q(type__icontains=word) | Q(actor_name__icontains=word)
    return said
