"""The heartbeat: an agent's sign of life, and in return everything that is there for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from agents.models import Agent, Approval
from agents.queries import heartbeat as queries
from agents.queries.held import open_changes
from agents.services.claims import Claim, claim
from agents.services.directives import Directive, directives_for, find_task
from agents.services.heartbeat_parts import Part, parts
from agents.services.pulse import Report, write_life, write_pulse
from agents.services.renewals import renew_held
from missioncontrol.kernel.actor import Actor
from missioncontrol.kernel.errors import DomainError
from tasks.models import Task
from tasks.modes import ALLOWED, Act, effective, ensure
from tasks.services.leases import is_live

MAX_WANTED = 10


@dataclass(frozen=True, slots=True)
class Beat:
    """What comes in. `current_task` names a task by key or id; `wanted` is how many claimable ones to list.

    `claim` asks for one task, to be claimed at once.
    """

    report: Report = field(default_factory=Report)
    current_task: str = ""
    wanted: int = 3
    claim: bool = False


@dataclass(slots=True)
class Pulse:
    """What goes out: the rows; the API gives them their shape."""

    agent: Agent
    mode: str
    now: datetime
    next_beat_due_at: datetime
    directives: list[Directive]
    claimed: Claim | None = None
    claim_refused: DomainError | None = None
    tasks: list[Task] = field(default_factory=list)
    held: list[Task] = field(default_factory=list)
    claimable: list[Task] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


def beat(*, actor: Actor, agent: Agent, said: Beat, now: datetime) -> Pulse:
    """Take a sign of life at `now` and answer what is there for the agent.

    `agent` is its row as the credential brought it, with its project. Three queries when there is nothing to tell;
    one more for each sort of thing there is. A claim that is refused does not fail the beat.
    """
    ensure(actor, Act.BEAT)
    before = agent.last_beat_at
    claimed, refused = _claim(actor, said)
    additions = parts()
    flags = _look(actor, agent, said, additions, now)
    mine = _mine(agent, flags, now)
    held = [task for task in mine if task.holder_id == agent.pk and is_live(task, now)]
    approvals = list(queries.told_approvals(agent, now).select_related("task")) if flags["approvals"] else []
    _write(actor, agent, said, mine, now)
    renew_held(agent_id=agent.pk, held=held, now=now)
    return Pulse(
        agent=agent,
        mode=actor.mode,
        now=now,
        next_beat_due_at=now + timedelta(seconds=agent.heartbeat_interval_s),
        directives=directives_for(
            actor=actor, agent=agent, last_beat_at=before, working_on=said.current_task, mine=mine, now=now
        ),
        claimed=claimed,
        claim_refused=refused,
        tasks=mine,
        held=held,
        claimable=_claimable(agent, mine, held, flags, said.wanted, now),
        approvals=approvals,
        more=_more(agent, additions, flags),
    )


def _mine(agent: Agent, flags: Mapping[str, bool], now: datetime) -> list[Task]:
    """The agent's open tasks, without what can still be undone: one query, two while there is any."""
    changes = list(open_changes(agent.project_id, now)) if flags["held"] else []
    return queries.open_tasks(agent, changes) if flags["tasks"] or changes else []


def _write(actor: Actor, agent: Agent, said: Beat, mine: list[Task], now: datetime) -> None:
    """What an agent says of itself is kept as long as it may speak; that it lives, always."""
    if Act.MESSAGE not in ALLOWED[effective(actor)]:
        write_life(actor=actor, agent=agent, now=now)
        return
    task = find_task(mine, said.current_task)
    write_pulse(actor=actor, agent=agent, report=said.report, task=task, now=now)


def _claim(actor: Actor, said: Beat) -> tuple[Claim | None, DomainError | None]:
    if not said.claim:
        return None, None
    try:
        return claim(actor=actor), None
    except DomainError as refusal:
        return None, refusal


def _look(actor: Actor, agent: Agent, said: Beat, additions: list[Part], now: datetime) -> Mapping[str, bool]:
    """What there is for the agent, by name, in one query."""
    return queries.look(
        agent,
        now,
        wants_work=said.wanted > 0 and Act.START in ALLOWED[effective(actor)],
        also={part.name: part.waiting() for part in additions},
    )


def _claimable(
    agent: Agent, mine: list[Task], held: list[Task], flags: Mapping[str, bool], wanted: int, now: datetime
) -> list[Task]:
    if len(held) >= agent.max_concurrent_tasks or not wanted:
        return []
    return queries.next_tasks(agent, mine, flags, min(wanted, MAX_WANTED), now)


def _more(agent: Agent, additions: list[Part], flags: Mapping[str, bool]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for part in additions:
        told |= part.load(agent) if flags[part.name] else part.empty
    return told
