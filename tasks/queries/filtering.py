"""What the terms of a filter mean to tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tasks.filter_grammar import Query, Term
from tasks.models import Assignment, Label, Task
from tasks.workflow import CLOSED

_OPS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_TURNED = {"<": "gt", "<=": "gte", ">": "lt", ">=": "lte"}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, for `is:mine`: a person's primary key, or an agent's; neither for a service."""

    user: int | None = None
    agent: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Moment:
    asker: Asker
    now: datetime


def filtered(
    tasks: QuerySet[Task], query: Query, asker: Asker, now: datetime | None = None
) -> QuerySet[Task]:
    """The tasks that meet every term of the query, each of them once; without terms, all of them."""
    if not query.terms:
        return tasks
    return tasks.filter(condition(query, asker, now or timezone.now()))


def condition(query: Query, asker: Asker, now: datetime) -> Q:
    """The query as a condition on tasks, at the moment `now`."""
    moment = _Moment(asker, now)
    wanted = Q()
    for term in query.terms:
        meant = _CONDITIONS[term.key](term, moment)
        wanted &= ~meant if term.negated else meant
    return wanted


def _any(term: Term, make: Callable[[Any], Q]) -> Q:
    return reduce(or_, (make(value) for value in term.values))


def _said(term: Term, moment: _Moment) -> Q:
    return _any(term, lambda text: Q(title__icontains=text) | Q(key__iexact=text))


def _assigned(term: Term, moment: _Moment) -> Q:
    column = "agent__slug__in" if term.key == "agent" else "user__username__in"
    return _on_it(**{column: term.values})


def _on_it(**who: Any) -> Q:
    return Q(Exists(Assignment.objects.filter(task=OuterRef("pk"), **who)))


def _labelled(term: Term, moment: _Moment) -> Q:
    return Q(Exists(Label.objects.filter(tasks=OuterRef("pk"), name__in=term.values)))


def _below(term: Term, moment: _Moment) -> Q:
    parents = Task.objects.filter(key__in=[key.upper() for key in term.values])
    return Q(parent__isnull=False, parent_id__in=parents.values("pk"))


def _column(term: Term, moment: _Moment) -> Q:
    return Q(**{f"{term.key}__in": term.values})


def _priority(term: Term, moment: _Moment) -> Q:
    set_ones = [value for value in term.values if value is not None]
    # A row without a priority must be false here and not unknown, or turning the term round would lose it.
    wanted = Q(priority__isnull=False, priority__in=set_ones)
    return wanted | Q(priority__isnull=True) if None in term.values else wanted


def _age(term: Term, moment: _Moment) -> Q:
    return Q(**{f"status_since__{_TURNED[term.op]}": moment.now - term.values[0]})


def _due(term: Term, moment: _Moment) -> Q:
    return Q(**{"due_at__isnull": False, f"due_at__{_OPS[term.op]}": moment.now + term.values[0]})


def _cost(term: Term, moment: _Moment) -> Q:
    return Q(**{f"actual_cost__{_OPS[term.op]}": term.values[0]})


def _state(term: Term, moment: _Moment) -> Q:
    return _any(term, lambda state: _STATES[state](moment))


def _mine(moment: _Moment) -> Q:
    asker = moment.asker
    if asker.agent is not None:
        return _on_it(agent_id=asker.agent) | Q(reviewer_agent__isnull=False, reviewer_agent_id=asker.agent)
    return _on_it(user_id=asker.user or 0) | Q(reviewer_user__isnull=False, reviewer_user_id=asker.user or 0)


_OPEN = ~Q(status__in=sorted(CLOSED))
_STATES: Mapping[str, Callable[[_Moment], Q]] = {
    "blocked": lambda moment: Q(status="blocked") | Q(open_dependencies__gt=0),
    "closed": lambda moment: Q(status__in=sorted(CLOSED)),
    "mine": _mine,
    "open": lambda moment: _OPEN,
    "overdue": lambda moment: Q(due_at__isnull=False, due_at__lt=moment.now) & _OPEN,
    "unassigned": lambda moment: ~_on_it(),
    "waiting": lambda moment: Q(open_dependencies__gt=0) & _OPEN,
}
_CONDITIONS: Mapping[str, Callable[[Term, _Moment], Q]] = {
    "": _said,
    "is": _state,
    "agent": _assigned,
    "user": _assigned,
    "label": _labelled,
    "parent": _below,
    "type": _column,
    "status": _column,
    "priority": _priority,
    "age": _age,
    "due": _due,
    "cost": _cost,
}
