"""The labels of a project with how often they are used, and what a change of one would touch."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from tasks.errors import FilterRefused
from tasks.filter_grammar import parse
from tasks.models import Label, Project, SavedView
from tasks.workflow import CLOSED


@dataclass(frozen=True, slots=True)
class Reach:
    """What carries or names a label: tasks, how many of them are not finished, and saved views."""

    tasks: int
    open_tasks: int
    views: int


def counted_labels(project: Project) -> QuerySet[Label]:
    """The labels by name, each with `tasks_count` and `open_count`; one query."""
    open_tasks = Count("tasks", filter=~Q(tasks__status__in=CLOSED))
    rows = Label.objects.filter(project=project).annotate(tasks_count=Count("tasks"), open_count=open_tasks)
    return rows.order_by("name")


def reach_of(label: Label) -> Reach:
    """What a change of the label would touch, as of now."""
    total = label.tasks.count()
    open_tasks = label.tasks.exclude(status__in=CLOSED).count()
    return Reach(total, open_tasks, len(views_naming(label.project, label.name)))


def views_naming(project: Project, name: str) -> list[SavedView]:
    """The saved views whose filter asks for the label."""
    rows = SavedView.objects.filter(project=project, query__icontains="label:").select_related("owner")
    return [view for view in rows if _names(view.query, name)]


def _names(query: str, name: str) -> bool:
    try:
        return any(term.key == "label" and name in term.values for term in parse(query).terms)
    except FilterRefused:
        return False
