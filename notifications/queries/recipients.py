"""Who hears of a task: assignees, reviewer, subscribers, and those who answer for the project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from agents.models import Agent
from tasks.models import Assignment, Membership, Role, Subscription, Task, User


@dataclass(frozen=True, slots=True)
class Audience:
    """People and agents by primary key."""

    users: frozenset[int] = frozenset()
    agents: frozenset[UUID] = frozenset()

    def __or__(self, other: Audience) -> Audience:
        return Audience(self.users | other.users, self.agents | other.agents)

    def __sub__(self, other: Audience) -> Audience:
        return Audience(self.users - other.users, self.agents - other.agents)

    def __bool__(self) -> bool:
        return bool(self.users or self.agents)


def audience(value: Any) -> Audience:
    """The audience that an event's data names as `{"agents": [id], "users": [id]}`."""
    named = value if isinstance(value, dict) else {}
    users = frozenset(int(each) for each in named.get("users") or ())
    return Audience(users, frozenset(UUID(str(each)) for each in named.get("agents") or ()))


def assignees(task: Task) -> Audience:
    """Who is on the task."""
    return _pairs(Assignment.objects.filter(task=task).values_list("user_id", "agent_id"))


def reviewer(task: Task) -> Audience:
    """Who reviews the task; empty when nobody is named."""
    return _pairs([(task.reviewer_user_id, task.reviewer_agent_id)])


def subscribers(task: Task, *, muted: bool = False) -> Audience:
    """Who follows the thread, or with `muted` who has asked not to."""
    rows = Subscription.objects.filter(task=task, muted=muted)
    return _pairs(rows.values_list("user_id", "agent_id"))


def followers(task: Task) -> Audience:
    """Who hears of new messages: subscribers, assignees and reviewer, less those who muted the thread."""
    return (subscribers(task) | assignees(task) | reviewer(task)) - subscribers(task, muted=True)


def involved(task: Task) -> Audience:
    """Who hears of a change of status: assignees, reviewer and subscribers."""
    return subscribers(task) | assignees(task) | reviewer(task)


def operators(project_id: UUID) -> Audience:
    """The project's owners and operators."""
    rows = Membership.objects.filter(project_id=project_id, role__in=[Role.OWNER, Role.OPERATOR])
    return Audience(frozenset(rows.values_list("user_id", flat=True)))


def reachable_users(project_id: UUID, users: Iterable[int]) -> set[int]:
    """Those of `users` who may still see the project."""
    wanted = list(users)
    if not wanted:
        return set()
    member = Q(memberships__project_id=project_id) | Q(is_staff=True)
    found = User.objects.filter(member, pk__in=wanted, is_active=True)
    return set(found.values_list("pk", flat=True))


def agents_of(project_id: UUID, agents: Iterable[UUID]) -> list[Agent]:
    """Those of `agents` that belong to the project, removed ones included."""
    wanted = list(agents)
    return list(Agent.objects.filter(project_id=project_id, pk__in=wanted)) if wanted else []


def _pairs(rows: Iterable[tuple[int | None, UUID | None]]) -> Audience:
    users: set[int] = set()
    agents: set[UUID] = set()
    for user_id, agent_id in rows:
        if user_id is not None:
            users.add(user_id)
        if agent_id is not None:
            agents.add(agent_id)
    return Audience(frozenset(users), frozenset(agents))
