"""Where what waits comes from: one query for each kind, in the projects a person looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from agents.models import (
    Alert,
    AlertState,
    Approval,
    ApprovalDecision,
    ApprovalStatus,
    RequestState,
    ResponseRequest,
)
from missioncontrol.kernel.actor import Actor
from notifications.models import Notification, NotificationType
from tasks.models import BlockCause, Membership, Project, Role, Task
from tasks.services.access import visible_projects
from tasks.workflow import Status

DECIDERS = (Role.OWNER, Role.OPERATOR)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose inbox it is: the projects it is about, and those of them in which the person decides."""

    actor: Actor
    projects: frozenset[UUID]
    operated: frozenset[UUID]

    def decides(self, project_id: UUID) -> bool:
        """Whether the person may decide there, rather than only look."""
        return project_id in self.operated


def reach_of(actor: Actor, project: Project | None = None) -> Reach:
    """The inbox of a person: of one project they may see, or of all of them."""
    rows = visible_projects(actor)
    ids = frozenset([project.pk] if project else rows.values_list("pk", flat=True))
    if actor.is_staff:
        return Reach(actor, ids, ids)
    roles = Membership.objects.filter(user_id=actor.user_id or 0, role__in=DECIDERS)
    return Reach(actor, ids, ids & frozenset(roles.values_list("project_id", flat=True)))


def approvals(reach: Reach, now: datetime) -> QuerySet[Approval]:
    """Requests that can still be decided, the first to expire first."""
    pending = Approval.objects.filter(status=ApprovalStatus.PENDING, expires_at__gt=now)
    return pending.filter(project__in=reach.projects).order_by("expires_at", "id")


def reviews(reach: Reach, now: datetime) -> QuerySet[Task]:
    """Work handed in, to this person or to nobody in particular."""
    anybody = Q(reviewer_user__isnull=True, reviewer_agent__isnull=True)
    mine = anybody | Q(reviewer_user_id=reach.actor.user_id)
    rows = Task.objects.filter(mine, project__in=reach.projects, status=Status.REVIEW)
    return rows.order_by("rank", "submitted_at", "id")


def blocked(reach: Reach, now: datetime) -> QuerySet[Task]:
    """Tasks that stay blocked until a person does something; what waits for other tasks goes on by itself."""
    by_itself = Q(block_cause=BlockCause.DEPENDENCIES, dependency_flag="")
    rows = Task.objects.filter(project__in=reach.projects, status=Status.BLOCKED).exclude(by_itself)
    return rows.order_by("rank", "status_since", "id")


def alerts(reach: Reach, now: datetime) -> QuerySet[Alert]:
    """Alerts that are not resolved, those that nobody has acknowledged first."""
    rows = Alert.objects.filter(project__in=reach.projects).exclude(state=AlertState.RESOLVED)
    return rows.order_by("-state", "created_at", "id")


def mentions(reach: Reach, now: datetime) -> QuerySet[Notification]:
    """Mentions of this person that they have not read."""
    rows = Notification.objects.filter(type=NotificationType.MENTION, read_at__isnull=True)
    return rows.filter(user_id=reach.actor.user_id or 0, project__in=reach.projects).order_by("id")


def requests(reach: Reach, now: datetime) -> QuerySet[ResponseRequest]:
    """Questions to this person that wait for an answer."""
    rows = ResponseRequest.objects.filter(user_id=reach.actor.user_id or 0, state=RequestState.OPEN)
    return rows.filter(project__in=reach.projects).order_by("created_at", "id")


def counts(reach: Reach, now: datetime) -> dict[str, int]:
    """How much waits for this very person, by kind: what they may decide and what is aimed at them."""
    deciding = Reach(reach.actor, reach.operated, reach.operated)
    decided: list[tuple[str, QuerySet[Any]]] = [
        ("approval", _not_mine(approvals(deciding, now), reach.actor)),
        ("review", reviews(deciding, now)),
        ("blocked", blocked(deciding, now)),
        ("alert", alerts(deciding, now)),
        ("mention", mentions(reach, now)),
        ("request", requests(reach, now)),
    ]
    return {kind: rows.order_by().count() for kind, rows in decided}


def _not_mine(rows: QuerySet[Approval], actor: Actor) -> QuerySet[Approval]:
    """Without what the person asked for, or has approved already."""
    mine = Q(actor_kind=actor.kind, actor_id=actor.id)
    approved = ApprovalDecision.objects.filter(mine, approval=OuterRef("pk"), approve=True)
    return rows.exclude(mine).exclude(Exists(approved))
