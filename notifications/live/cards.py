"""Pictures of cards for the board: the same for every viewer, so one rendering serves all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from notifications.live import metrics
from notifications.live.frames import Card
from tasks.models import Task
from tasks.queries import cards as queries

MAX_CARDS = 200


def cards_for(project_id: UUID, task_ids: Iterable[str]) -> dict[str, Card]:
    """The cards of these tasks by task id, with the column they are in and the key of the card above them.

    Five queries however many they are, and one rendering each.
    """
    tasks = Task.objects.filter(project_id=project_id, pk__in=list(task_ids)[:MAX_CARDS])
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
