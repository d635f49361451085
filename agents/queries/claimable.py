"""What an agent may claim, in the order it gets it: the predicates of claim, heartbeat and why, in one place.

`assigned to it` comes first, then the pool: `ready` (and `inbox` where auto-triage is off), highest priority then
oldest. The pool is read through a partial index on exactly these columns, so the cost stays flat as projects grow.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Count, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Now

from agents.models import Agent, Approval
from missioncontrol.kernel.errors import NotFound
from missioncontrol.kernel.prepared import Prepared
from tasks.models import Project, SystemState, Task
from tasks.modes import STATE_AS_MODE, strictest
from tasks.workflow import HELD, Status

SETTLED = Q(held_until__isnull=True) | Q(held_until__lte=Now())
"""Nobody can undo what brought the task where it is. Agents leave the others alone for those few seconds."""

ORDER = ("rank", "created_at", "id")


class SkillsWithin(Func):
    """Whether every skill in a JSON list column is among the given ones."""

    output_field = BooleanField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """jsonb containment."""
        return super().as_sql(
            compiler, connection, template="(%(expressions)s)", arg_joiner=" <@ ", **context
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """No element of the column that is not an element of the given list."""
        column, given = self.source_expressions
        column_sql, column_params = compiler.compile(column)
        given_sql, given_params = compiler.compile(given)
        sql = (
            f"(NOT EXISTS (SELECT 1 FROM json_each({column_sql}) AS need"  # noqa: S608 - compiled expressions
            f" WHERE need.value NOT IN (SELECT has.value FROM json_each({given_sql}) AS has)))"
        )
        return sql, [*column_params, *given_params]


def pool(agent: Agent) -> list[QuerySet[Task]]:
    """The unassigned tasks this agent may take, best first, one query per status that feeds the pool."""
    fitting = Task.objects.filter(
        _fits(agent), SETTLED, project_id=agent.project_id, open_dependencies=0
    ).order_by(*ORDER)
    return [fitting.filter(status=status) for status in pool_statuses(agent.project)]


def offered(agent: Agent) -> list[QuerySet[Task]]:
    """The pool as the board hands it out now: sources whose next column is full are empty."""
    sources = zip(pool_statuses(agent.project), pool(agent), strict=True)
    return [source.none() if crowding(agent.project, status) else source for status, source in sources]


def pool_statuses(project: Project) -> list[str]:
    """The statuses that feed the project's pool."""
    return [Status.READY] if project.auto_triage else [Status.READY, Status.INBOX]


def column_after_claim(project: Project, status: str) -> str:
    """Where a claim puts a task of this status.

    A light project starts work with the claim (from the inbox there is no such edge); what is begun stays so.
    """
    straight = status == Status.IN_PROGRESS or (project.workflow == "light" and status != Status.INBOX)
    return Status.IN_PROGRESS if straight else Status.ASSIGNED


def crowding(project: Project, status: str) -> list[str]:
    """Why the board hands out no task of this status, as sentences: its next column, or review, is at its limit.

    What is assigned already has been handed out. Costs one query, and none where neither column has a limit.
    """
    if status in HELD:
        return []
    columns = (column_after_claim(project, status), Status.REVIEW)
    limits = {name: limit for name in columns if (limit := project.wip_limits.get(str(name)))}
    if not limits:
        return []
    rows = Task.objects.filter(project_id=project.pk, status__in=list(limits)).order_by()
    counts = dict(rows.values_list("status").annotate(n=Count("pk")))
    full = {name: limit for name, limit in limits.items() if counts.get(name, 0) >= limit}
    return [
        f"{Status(name).label} is full ({counts[name]} of {limit}): no new work is handed out."
        for name, limit in full.items()
    ]


def best_of_pool(agent: Agent) -> Task | None:
    """The task this agent would get from the pool, its row locked; rows another claim has locked are skipped."""
    if agent.project.auto_triage and not agent.task_types:
        return _BEST_READY.first(project=agent.project_id, skills=json.dumps(agent.skills))
    rows = [source.select_for_update(skip_locked=True, of=("self",)).first() for source in pool(agent)]
    return min((row for row in rows if row is not None), key=_place, default=None)


def _best_ready(project: UUID, skills: str) -> QuerySet[Task]:
    ready = Task.objects.filter(
        _skilled(skills), SETTLED, project_id=project, open_dependencies=0, status=Status.READY
    )
    return ready.order_by(*ORDER).select_for_update(skip_locked=True, of=("self",))[:1]


def _place(task: Task) -> tuple[Any, ...]:
    return task.rank, task.created_at, task.pk


def assigned_to(agent: Agent, now: datetime) -> QuerySet[Task]:
    """The tasks somebody assigned to this agent that it may take up, best first."""
    free = Q(holder__isnull=True) | Q(lease_expires_at__lte=now)
    mine = Task.objects.filter(_fits(agent), SETTLED, free, status=Status.ASSIGNED, open_dependencies=0)
    return mine.filter(assignments__agent_id=agent.pk).order_by(*ORDER)


def _fits(agent: Agent) -> Q:
    types = Q(type__in=agent.task_types) if agent.task_types else Q()
    return types & _skilled(json.dumps(agent.skills))


def _skilled(skills: str) -> Q:
    return Q(SkillsWithin(F("required_skills"), _as_json(Value(skills))))


class _Json(Func):
    """JSON text as the database's JSON."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """A cast to jsonb."""
        return super().as_sql(compiler, connection, template="(%(expressions)s)::jsonb", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """JSON is text."""
        return super().as_sql(compiler, connection, template="%(expressions)s", **context)


def _as_json(value: Value) -> Func:
    return _Json(value, output_field=BooleanField())


def seeking(agents: QuerySet[Agent]) -> QuerySet[Agent]:
    """Agents with what a claim asks of them.

    `open_count` (leases held), `has_assigned` (something free is assigned to it), `global_mode`, and `asked_at`, the
    database's clock.
    """
    held = Task.objects.filter(holder=OuterRef("pk")).values("holder").annotate(n=Count("pk")).values("n")
    free = Q(holder__isnull=True) | Q(lease_expires_at__lte=Now())
    given = Task.objects.filter(SETTLED, free, status=Status.ASSIGNED, assignments__agent=OuterRef("pk"))
    everywhere = SystemState.objects.filter(pk=1).values("mode")
    return agents.annotate(
        open_count=Coalesce(Subquery(held), 0),
        has_assigned=Exists(given),
        global_mode=Subquery(everywhere),
        asked_at=Now(),
    )


def lock_seeker(agent_id: UUID) -> Agent:
    """The agent, its row locked, with its project and what `seeking` adds.

    The counts are read after the lock: on PostgreSQL a statement that had to wait for a lock still sees the rows of
    other tables as they were before it.
    """
    agent = _LOCKED.first(agent=agent_id)
    found: Any = _COUNTED.first(agent=agent_id)
    if agent is None or found is None:
        raise NotFound("There is no such agent.")
    for name in ("open_count", "has_assigned", "global_mode", "asked_at"):
        setattr(agent, name, getattr(found, name))
    return agent


def _locked(agent: UUID) -> QuerySet[Agent]:
    mine = Agent.objects.filter(pk=agent, removed_at__isnull=True).order_by()
    return mine.select_related("project").select_for_update(of=("self",), no_key=True)


def _counted(agent: UUID) -> QuerySet[Agent]:
    return seeking(Agent.objects.filter(pk=agent)).order_by().only("pk")


def pending_claim(agent_id: UUID, now: datetime) -> Approval | None:
    """The claim of this agent that still waits for an operator."""
    waiting = Approval.objects.filter(requester_agent_id=agent_id, action_type="claim", status="pending")
    return waiting.filter(expires_at__gt=now).select_related("task").first()


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One reason why an agent would not get a task: `message` is a sentence about it or about the task.

    `asks` says that a claim is not refused for it, but waits for an operator's yes.
    """

    message: str
    asks: bool = False


def hindrances(
    agent: Agent,
    task: Task,
    now: datetime,
    *,
    assigned: bool,
    mode: str = "normal",
    crowded: Sequence[str] = (),
) -> list[Hindrance]:
    """Why this agent would not get this task; empty when it would.

    `agent` comes from `seeking()`, `assigned` says whether it is assigned to the task, `mode` is the strictest of the
    global and the project's mode, `crowded` is what `crowding` says of the task's column.
    """
    told = [*_task_hindrances(task, now, assigned=assigned), *crowded, *_agent_hindrances(agent, task, mode)]
    asks = task.project.autonomy == "semi_autonomous" and task.status not in HELD
    waits = [Hindrance("Its claim would wait for an operator's approval.", asks=True)] if asks else []
    return [*map(Hindrance, told), *waits]


def _task_hindrances(task: Task, now: datetime, *, assigned: bool) -> list[str]:
    found = []
    live = task.holder_id is not None and task.lease_expires_at is not None and task.lease_expires_at > now
    if live:
        found.append("Somebody holds the task.")
    elif task.status == Status.INBOX and not task.project.auto_triage:
        pass
    elif task.status in HELD:
        if not assigned:
            found.append("The task is assigned to somebody else.")
    elif task.status != Status.READY:
        found.append(f"The task is {task.status}, not ready.")
    if task.held_until is not None and task.held_until > now:
        found.append("A change to the task can still be undone: it stands still for a few seconds.")
    if task.open_dependencies:
        found.append(f"The task waits for {task.open_dependencies} others.")
    return found


def _agent_hindrances(agent: Agent, task: Task, mode: str) -> list[str]:
    found = []
    binding = strictest(mode, STATE_AS_MODE.get(agent.state, "normal"))
    if binding != "normal":
        found.append(f"It is {binding}.")
    if agent.removed_at is not None:
        found.append("It was removed from the project.")
    if agent.task_types and task.type not in agent.task_types:
        found.append(f"It does not take tasks of type {task.type}.")
    lacking = sorted(set(task.required_skills) - set(agent.skills))
    if lacking:
        found.append(f"It lacks {', '.join(lacking)}.")
    if getattr(agent, "open_count", 0) >= agent.max_concurrent_tasks:
        found.append("It is at capacity.")
    return found


_SAMPLE = UUID("00000000-0000-7000-8000-000000000001")
_BEST_READY: Prepared[Task] = Prepared(_best_ready, {"project": _SAMPLE, "skills": '["a sample skill"]'})
_LOCKED: Prepared[Agent] = Prepared(_locked, {"agent": _SAMPLE})
_COUNTED: Prepared[Agent] = Prepared(_counted, {"agent": _SAMPLE})
