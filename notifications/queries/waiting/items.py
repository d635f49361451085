"""One thing that waits for a person, whatever its kind, as the inbox shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.models import (
    Agent,
    Alert,
    AlertState,
    Approval,
    ApprovalDecision,
    ResponseRequest,
    Risk,
    Severity,
)
from missioncontrol.kernel.actor import Actor
from notifications.models import Notification
from notifications.urgency import NO_RANK, Pressure
from tasks.models import Project, Task, User

NAMED = 4
"""Of those who may still decide, so many are named."""


@dataclass(frozen=True, slots=True)
class Votes:
    """The state of a request that several people decide: who approved, how many it needs, who still may decide."""

    yes: list[ApprovalDecision]
    needed: int
    able: list[str]
    more_able: int
    mine: bool
    asked_by_me: bool


@dataclass(frozen=True, slots=True)
class Item:
    """`may_act` says whether this person can settle it; `standing` are the agents that stand still because of it.

    `row` is the approval, task, alert, notification or request. `alike` are the ids of further requests that can be
    decided together with this one.
    """

    kind: str
    row: Any
    project: Project
    task: Task | None
    pressure: Pressure
    may_act: bool
    standing: Sequence[Agent] = ()
    votes: Votes | None = None
    people: Sequence[str] = ()
    alike: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Unique in the page."""
        return f"{self.kind}-{self.row.pk}"


def of_approval(
    row: Approval, actor: Actor, decides: bool, able: Sequence[User], standing: Sequence[Agent]
) -> Item:
    """A request; who asked for it, or has approved it, waits for somebody else."""
    votes = _votes(row, actor, able)
    pressure = Pressure(
        row.created_at, row.expires_at, red=row.risk == Risk.RED, idle=len(standing), rank=_rank(row.task)
    )
    may = decides and not votes.mine and not votes.asked_by_me
    return Item("approval", row, row.project, row.task, pressure, may, standing, votes)


def of_review(task: Task, decides: bool) -> Item:
    """Work that was handed in."""
    pressure = Pressure(task.submitted_at or task.status_since, rank=_rank(task))
    return Item("review", task, task.project, task, pressure, decides)


def of_blocked(task: Task, decides: bool, standing: Sequence[Agent]) -> Item:
    """A task that is blocked."""
    on_it = [row.agent.name if row.agent else _named(row.user) for row in task.assignments.all()]
    pressure = Pressure(task.status_since, idle=len(standing), rank=_rank(task))
    return Item("blocked", task, task.project, task, pressure, decides, standing, people=on_it)


def of_alert(row: Alert, decides: bool, standing: Sequence[Agent]) -> Item:
    """An alert; one that somebody acknowledged can wait."""
    mild = row.state == AlertState.ACKNOWLEDGED or row.severity == Severity.INFO
    red = row.severity == Severity.CRITICAL
    pressure = Pressure(row.created_at, red=red, idle=len(standing), rank=_rank(row.task), mild=mild)
    return Item("alert", row, row.project, row.task, pressure, decides, standing)


def of_mention(row: Notification) -> Item:
    """A mention, which is settled by reading it."""
    pressure = Pressure(row.created_at, rank=_rank(row.task), told=True)
    return Item("mention", row, row.project, row.task, pressure, True)


def of_request(row: ResponseRequest, writes: bool) -> Item:
    """A question, which is settled by an answer in the thread."""
    return Item("request", row, row.project, row.task, Pressure(row.created_at, rank=_rank(row.task)), writes)


def _named(user: User | None) -> str:
    return user.shown_name if user else ""


def _rank(task: Task | None) -> int:
    return (task.priority or NO_RANK) if task else NO_RANK


def _votes(row: Approval, actor: Actor, able: Sequence[User]) -> Votes:
    yes = [decision for decision in row.decisions.all() if decision.approve]
    decided = {decision.actor_id for decision in yes if decision.actor_kind == "human"}
    out = decided | ({row.actor_id} if row.actor_kind == "human" else set())
    names = [user.shown_name for user in able if str(user.pk) not in out]
    return Votes(
        yes=yes,
        needed=row.needed,
        able=names[:NAMED],
        more_able=max(0, len(names) - NAMED),
        mine=actor.kind == "human" and actor.id in decided,
        asked_by_me=row.is_by(actor),
    )
