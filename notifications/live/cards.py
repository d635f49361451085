"""Pictures of cards for the board: the same for every viewer, so one rendering serves all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from notifications.live import metrics
from notifications.live.frames import Card, Pictures, card_of, counts_for_parents, parents_named
from tasks.models import Event, Task
from tasks.queries import cards as queries


def pictures_of(project_id: UUID, events: Sequence[Event]) -> Pictures:
    """The cards that these events touch, as they are now: their own, and those of parents that count them.

    At most seven queries however many they are, and one rendering each.
    """
    touched = {task_id for event in events if (task_id := card_of(event)) is not None}
    parents = _parents(project_id, [event for event in events if counts_for_parents(event)])
    behind = {task_id for found in parents.values() for task_id in found}
    shown = touched | behind
    return Pictures(_cards_for(project_id, shown) if shown else {}, parents)


def _parents(project_id: UUID, events: Sequence[Event]) -> dict[int, list[str]]:
    """By event number, the ids of the tasks that are, or were until this event, the parent of the event's task."""
    if not events:
        return {}
    tasks = Task.objects.filter(project_id=project_id)
    now = {str(pk): str(parent) for pk, parent in _current_parents(tasks, events)}
    named = {key for event in events for key in parents_named(event)}
    known = (
        {key: str(pk) for key, pk in tasks.filter(key__in=named).values_list("key", "pk")} if named else {}
    )
    return {event.seq: _of_one(event, now, known) for event in events}


def _current_parents(tasks: QuerySet[Task], events: Sequence[Event]) -> Iterable[tuple[Any, Any]]:
    children = {event.target_id for event in events}
    return tasks.filter(pk__in=children, parent__isnull=False).values_list("pk", "parent_id")


def _of_one(event: Event, now: dict[str, str], known: dict[str, str]) -> list[str]:
    found = [now.get(event.target_id), *(known.get(key) for key in parents_named(event))]
    return list(dict.fromkeys(task_id for task_id in found if task_id is not None))


def _cards_for(project_id: UUID, task_ids: Iterable[str]) -> dict[str, Card]:
    """The cards of these tasks by task id, with the column they are in and the key of the card above them."""
    tasks = Task.objects.filter(project_id=project_id, pk__in=list(task_ids))
    above = dict(_with_neighbour(tasks).values_list("pk", "above"))
    found = queries.cards_of(tasks)
    metrics.CARDS.inc(len(found))
    return {str(card.id): _shown(card, above.get(card.id)) for card in found}


def _shown(card: queries.Card, above: str | None) -> Card:
    return {
        "key": card.key,
        "column": card.status,
        "status": card.status,
        "position": card.position,
        "version": card.version,
        "after": above,
        "html": queries.render_card(card),
    }


def _with_neighbour(tasks: QuerySet[Task]) -> QuerySet[Any]:
    higher = Q(position__lt=OuterRef("position")) | Q(position=OuterRef("position"), pk__lt=OuterRef("pk"))
    column = Task.objects.filter(higher, project_id=OuterRef("project_id"), status=OuterRef("status"))
    nearest = column.order_by(F("position").desc(), F("pk").desc()).values("key")[:1]
    return tasks.annotate(above=Subquery(nearest))
